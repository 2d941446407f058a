/**
 * The thread in which mediabunny reads files: a file that makes it loop or swallow memory costs this thread and nothing
 * else. One question at a time; `ReaderThread` asks.
 */
import { open } from 'node:fs/promises'
import { parentPort } from 'node:worker_threads'
import { BoundedFile } from './bounded-source.js'
import { readTracks, type TrackReading } from './read-tracks.js'

export type ReaderQuestion = { path: string }
export type ReaderAnswer = { reading: TrackReading } | { error: string }

async function answer({ path }: ReaderQuestion): Promise<ReaderAnswer> {
  const handle = await open(path, 'r')
  try {
    return { reading: await readTracks(new BoundedFile(handle, (await handle.stat()).size)) }
  } finally {
    await handle.close()
  }
}

parentPort?.on('message', (question: ReaderQuestion) => {
  answer(question)
    .catch((error: unknown): ReaderAnswer => ({ error: error instanceof Error ? error.message : String(error) }))
    .then((reply) => parentPort?.postMessage(reply))
})
