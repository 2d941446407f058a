import type { CommandDef } from 'citty'

// biome-ignore lint/suspicious/noExplicitAny: a command of any arguments; citty's type is invariant in them.
export type Command = CommandDef<any>
type Entry = { summary: string; load: () => Promise<Command> }
/** Commands by their names, in groups for the reader of the help page. */
export type CommandTable = Record<string, Record<string, Entry>>
