import { createWriteStream, type WriteStream } from 'node:fs'

/** What came of a log file: bytes written, whether the cap or a slow disk left some out, why it could not be written. */
export type LogFileResult = { bytes: number; truncated: boolean; error: string | null }

const MAX_LOG_BYTES = 64 * 1024 * 1024
// What may wait for the disk. Beyond it lines are left out: ffmpeg must never wait for a log.
const MAX_PENDING_BYTES = 8 * 1024 * 1024
const CLOSE_TIMEOUT_MS = 2_000

/**
 * Appends a log to a file without ever holding up who writes. At `maxBytes` one line says that the rest was not kept. A
 * full disk, a missing folder, a disk that hangs: nothing is thrown, `close` tells.
 */
export class LogFile {
  readonly #stream: WriteStream
  readonly #maxBytes: number
  readonly #maxPendingBytes: number
  #accepted = 0
  #skipped = 0
  #truncated = false
  #full = false
  #error: string | null = null

  constructor(path: string, options: { maxBytes?: number | undefined; maxPendingBytes?: number } = {}) {
    this.#maxBytes = options.maxBytes ?? MAX_LOG_BYTES
    this.#maxPendingBytes = options.maxPendingBytes ?? MAX_PENDING_BYTES
    this.#stream = createWriteStream(path, { flags: 'a' })
    this.#stream.on('error', (error: NodeJS.ErrnoException) => {
      this.#error ??= withoutPath(error)
    })
  }

  write(chunk: Uint8Array): void {
    if (this.#error !== null || this.#full) return
    if (this.#stream.writableLength + chunk.byteLength > this.#maxPendingBytes) {
      this.#skipped += chunk.byteLength
      this.#truncated = true
      return
    }
    this.#sayWhatIsMissing()
    const room = this.#maxBytes - this.#accepted
    if (chunk.byteLength <= room) {
      this.#accepted += chunk.byteLength
      this.#stream.write(chunk)
      return
    }
    this.#accepted += room
    this.#stream.write(chunk.subarray(0, room))
    this.#stream.write(`\n[ffleet] the log is longer than ${this.#maxBytes} bytes; the rest was not kept\n`)
    this.#full = true
    this.#truncated = true
  }

  /** Waits until everything is written, at most two seconds. Never rejects. */
  async close(): Promise<LogFileResult> {
    if (!this.#stream.closed) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => {
          this.#error ??= 'the disk did not take the log in time'
          this.#stream.destroy()
          resolve()
        }, CLOSE_TIMEOUT_MS)
        this.#stream.once('close', () => {
          clearTimeout(timer)
          resolve()
        })
        if (!this.#stream.destroyed) {
          if (!this.#full) this.#sayWhatIsMissing()
          this.#stream.end()
        }
      })
    }
    return { bytes: this.#stream.bytesWritten, truncated: this.#truncated, error: this.#error }
  }

  #sayWhatIsMissing(): void {
    if (this.#skipped === 0) return
    this.#stream.write(`\n[ffleet] ${this.#skipped} bytes are missing here: the disk did not keep up\n`)
    this.#skipped = 0
  }
}

/** `ENOSPC: no space left on device`, without the path that Node puts behind it. */
function withoutPath(error: NodeJS.ErrnoException): string {
  return error.message.replace(/, \w+(?: '.*')?$/s, '')
}
