/** How a command ends when it does not simply succeed. */
import type { ErrorCode } from '../contract/errors.js'

export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const

/** Ends the command with one message on stderr and exit code 1. `code`: what `--json` calls it. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError'
  readonly exitCode: number = EXIT.failed
  readonly code: ErrorCode

  constructor(message: string, { code = 'COMMAND_FAILED', cause }: { code?: ErrorCode; cause?: unknown } = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
  }
}

/** The command line itself is wrong: exit code 2. */
export class UsageError extends CommandError {
  override readonly name = 'UsageError'
  override readonly exitCode = EXIT.usage

  constructor(message: string) {
    super(message, { code: 'WRONG_COMMAND_LINE' })
  }
}
