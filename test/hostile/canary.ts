/** What a hostile file or request tries to reach: a listener on loopback, and a secret beside the media root. */
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { riffWave } from './files/riff.js'

export type Canary = {
  /** Of TCP and of UDP, on 127.0.0.1. Whatever speaks HTTP to it gets an answer. */
  readonly port: number
  /** What came, a line each; empty as long as nothing leaked. */
  readonly hits: readonly string[]
  close(): Promise<void>
}

const ANSWER = 'HTTP/1.1 200 OK\r\ncontent-type: video/mp2t\r\ncontent-length: 6\r\nconnection: close\r\n\r\ncanary'

/** Listens for TCP and UDP on one free port. */
export async function startCanary(): Promise<Canary> {
  const hits: string[] = []
  const tcp = createServer((socket) => {
    hits.push('tcp: connected')
    socket.on('error', () => {})
    socket.on('data', (data) => {
      hits.push(`tcp: ${data.subarray(0, 200).toString('latin1').split('\r\n', 1)}`)
      socket.end(ANSWER)
    })
  })
  tcp.listen(0, '127.0.0.1')
  await once(tcp, 'listening')
  const { port } = tcp.address() as { port: number }
  const udp = createSocket('udp4', (data) => void hits.push(`udp: ${data.length} bytes`))
  udp.bind(port, '127.0.0.1')
  await once(udp, 'listening')
  return {
    port,
    hits,
    async close() {
      udp.close()
      tcp.close()
      await once(tcp, 'close')
    },
  }
}

/** A random text that nobody may see, in files of several kinds in `folder`. */
export type Secret = {
  readonly text: string
  readonly folder: string
  /** The text over and over, as text. */
  readonly textFile: string
  /** The same as sound: the samples are the text, so that a lossless copy of them spells it. */
  readonly soundFile: string
  /** Where in `soundFile` the samples begin, in bytes. */
  readonly soundAt: number
}

const REPEATED = 512

/** Of others one text in 200 passes for frames of AMR, and ffmpeg plays it. */
const LETTERS = 'abcefgijkmnoqrsuvwyz'

export async function hideSecret(folder: string): Promise<Secret> {
  const text = `secure-${Array.from(randomBytes(32), (byte) => LETTERS[byte % LETTERS.length]).join('')}`
  await mkdir(folder, { recursive: true })
  const spelled = Buffer.from(`${text}\n`.repeat(REPEATED))
  const sound = riffWave(spelled)
  const secret = {
    text,
    folder,
    textFile: join(folder, 'secret.txt'),
    soundFile: join(folder, 'secret.wav'),
    soundAt: sound.indexOf(spelled),
  }
  await writeFile(secret.textFile, spelled)
  await writeFile(secret.soundFile, sound)
  return secret
}
