/** How a command ends when it does not simply succeed. */

export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const

/** Ends the command with one message on stderr and exit code 1. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError'
  readonly exitCode: number = EXIT.failed
}

/** The command line itself is wrong: exit code 2. */
export class UsageError extends CommandError {
  override readonly name = 'UsageError'
  override readonly exitCode = EXIT.usage
}
