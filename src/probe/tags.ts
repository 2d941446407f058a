/** A tag of a file by its name in lower case: containers write names either way. */
export function tagOf(tags: Record<string, string>, name: string): string | undefined {
  return Object.entries(tags).find(([key]) => key.toLowerCase() === name)?.[1]
}
