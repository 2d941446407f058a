/**
 * The thread in which files are looked at and mediabunny reads them: a file that makes it loop or swallow memory, or a
 * disk that does not answer, costs this thread and nothing else. One question at a time; `ReaderThread` asks. There is
 * nobody else here to wait for, so that files are read synchronously.
 */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import { BoundedFile } from './bounded-source.js'
import { NONE_DECLARED, readDeclared } from './declared.js'
import { SNIFF_BYTES, sniff } from './formats.js'
import { endsInsideBox } from './isobmff-end.js'
import { readTracks, type TrackReading } from './read-tracks.js'
import type { FileFacts } from './refusals.js'

/** `tracks`: whether mediabunny is to read the file too; `descriptor`: of the file, where it is open. */
export type ReaderQuestion = { path: string; tracks: boolean; descriptor: number | null }
/** `reading` is null where mediabunny was not to read the file, or can't. */
export type FileReading = { facts: FileFacts; reading: TrackReading | null }
/** `code` is that of a system error: the file can't be opened. */
export type ReaderAnswer = FileReading | { code: string | undefined; message: string }

async function answer({ path, tracks, descriptor }: ReaderQuestion): Promise<FileReading> {
  const stats = descriptor === null ? statSync(path) : fstatSync(descriptor)
  const { size: bytes } = stats
  const facts: FileFacts = {
    isFile: stats.isFile(),
    bytes,
    sniffed: { kind: 'unknown' },
    isCutOff: false,
    declared: NONE_DECLARED,
  }
  if (!facts.isFile || bytes === 0) return { facts, reading: null }
  const file = descriptor ?? openSync(path, 'r')
  try {
    const head = new Uint8Array(SNIFF_BYTES)
    const begin = head.subarray(0, readSync(file, head, 0, head.length, 0))
    facts.sniffed = sniff(begin)
    facts.declared = readDeclared(file, bytes, begin)
    facts.isCutOff = facts.sniffed.kind === 'isobmff' && endsInsideBox(file, bytes)
    const readable = facts.sniffed.kind !== 'picture' && facts.sniffed.kind !== 'playlist'
    const reading = tracks && readable ? await readTracks(new BoundedFile(file, bytes)).catch(() => null) : null
    const { tracks: declared } = facts.declared
    const found = reading?.probe.streams.filter(({ attachedPicture }) => !attachedPicture).length
    if (declared !== null && found !== declared) reading?.doubts.push('a track was passed over')
    return { facts, reading }
  } finally {
    if (descriptor === null) closeSync(file)
  }
}

parentPort?.on('message', (question: ReaderQuestion) => {
  answer(question)
    .catch((error: NodeJS.ErrnoException): ReaderAnswer => ({ code: error.code, message: error.message }))
    .then((reply) => parentPort?.postMessage(reply))
})
