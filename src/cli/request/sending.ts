/** What is said of a file on its way to a server, whichever it is. */
import { basename } from 'node:path'
import { formatBytes } from '../render/figures.js'
import { printable } from '../render/text.js'

export type Sending = {
  /** Ends the sending of files, whose bytes are removed. */
  signal?: AbortSignal
  /** Ends the submission; what it ends may be a job all the same. */
  submitSignal?: AbortSignal
  /** Told what is being sent: of a file how much of it the server has. */
  onSending?: (file: string, sentBytes: number, bytes: number) => void
  /** Told what the person should know of the way. */
  onNote?: (note: string) => void
}

/** A file that a request names, and where. */
export type LocalFile = { pointer: string; path: string; bytes: number }

/** `id`: of the upload. `taken`: a job has it. */
export type SentFile = { id: string; taken(): Promise<void> }

/** `sending film.mp4: 43 % of 1.20 GB`, a line that is written over on a terminal; elsewhere one word when it begins. */
export function sendingLine(stream: {
  write(text: string): unknown
  isTTY: boolean
}): Required<Pick<Sending, 'onSending' | 'onNote'>> {
  const told = new Set<string>()
  const onNote = (note: string) => void stream.write(`${stream.isTTY ? '\r\u001B[K' : ''}${printable(note)}\n`)
  const onSending = (file: string, sentBytes: number, bytes: number) => {
    const percent = bytes === 0 ? 100 : Math.floor((sentBytes / bytes) * 100)
    const name = printable(basename(file))
    const line = stream.isTTY
      ? `sending ${name}: ${percent} % of ${formatBytes(bytes)}`
      : `sending ${name}, ${formatBytes(bytes)}`
    if (told.has(file + line)) return
    told.add(file + line)
    if (!stream.isTTY) stream.write(`${line}\n`)
    else stream.write(percent === 100 ? '\r\u001B[K' : `\r\u001B[K${line}`)
  }
  return { onSending, onNote }
}
