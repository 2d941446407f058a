import type { FfleetClient } from '../client/index.js'
import { type Static, type TObject, Type } from '../contract/schema.js'

export const JobId = Type.String({ pattern: '^[0-9A-HJKMNP-TV-Z]{26}$', description: 'Id of a job.' })

/** What a tool may use beside its arguments. */
export type ToolContext = {
  client: FfleetClient
  /** Of the assistant, which no longer waits. */
  signal: AbortSignal
  /** Tells how far something is, 0 to 100. */
  tell(percent: number, words: string): void
}

/** One thing that an assistant can ask of the fleet. */
export type Tool = {
  name: string
  title: string
  /** For the assistant: what it tells or does, and when to use it. */
  description: string
  /** Whether it changes anything. */
  writes: boolean
  input: TObject
  run(context: ToolContext, given: Record<string, unknown>): Promise<object>
}

/** A tool whose `run` knows the types of its arguments, which were checked against `input`. */
export function tool<Input extends TObject>(
  definition: Omit<Tool, 'input' | 'run'> & {
    input: Input
    run(context: ToolContext, given: Static<Input>): Promise<object>
  },
): Tool {
  return definition as unknown as Tool
}
