/** Told of each thing that is wrong with a preset; the pointer is relative to it. */
export type Fault = (pointer: string, detail: string) => void
