/** Files of this machine as inputs of a server that does not see them: they are sent to it. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { FfleetApiError, type FfleetClient } from '../../client/index.js'
import type { Job, JobRequest } from '../../contract/index.js'
import { CommandError } from '../exit.js'
import { formatBytes } from '../render/figures.js'
import { printable } from '../render/text.js'

/** What a server says of an input that it does not see. */
const NOT_THERE = new Set(['INPUT_NOT_FOUND', 'PATH_OUTSIDE_ROOT'])
/** Between tries; a connection that broke goes on where the server has the file. */
const RETRY_DELAYS_MS = [0, 1_000, 3_000, 5_000, 10_000, 20_000]

export type Sending = {
  signal?: AbortSignal
  /** Told what is being sent: of a file how much of it the server has. */
  onSending?: (file: string, sentBytes: number, bytes: number) => void
}

/** A file that a request names, and where. */
type LocalFile = { pointer: string; path: string; bytes: number }

/**
 * Sends a job. Inputs that the server does not find, and this machine does, are sent to it first; what it has itself goes before.
 *
 * @throws FfleetApiError as `submit`; CommandError when a file could not be sent.
 */
export async function submitWithFiles(client: FfleetClient, request: JobRequest, sending: Sending = {}): Promise<Job> {
  const options = { ...(sending.signal && { signal: sending.signal }) }
  try {
    return await client.submit(request, options)
  } catch (error) {
    const files = error instanceof FfleetApiError && NOT_THERE.has(error.code) ? await localFiles(error, request) : []
    if (files.length === 0) throw error
    const asked = structuredClone(request)
    const sent = new Map<string, string>()
    for (const { pointer, path, bytes } of files) {
      if (!sent.has(path)) sent.set(path, await sendFile(client.baseUrl, { path, bytes }, sending))
      replaceAt(asked, pointer, `upload:${sent.get(path)}`)
    }
    return client.submit(asked, options)
  }
}

/** Sends a file whole; gives the id of the upload. */
async function sendFile(
  baseUrl: string,
  { path, bytes }: Omit<LocalFile, 'pointer'>,
  { signal, onSending }: Sending,
): Promise<string> {
  const { default: tus } = await import('tus-js-client')
  const key = (process.env.FFLEET_API_KEY ?? '').trim()
  return new Promise((resolve, reject) => {
    const upload = new tus.Upload(createReadStream(path), {
      endpoint: `${baseUrl.replace(/\/+$/, '')}/v1/uploads`,
      uploadSize: bytes,
      retryDelays: RETRY_DELAYS_MS,
      metadata: { filename: basename(path) },
      headers: key === '' ? {} : { authorization: `Bearer ${key}` },
      onProgress: (sentBytes) => onSending?.(path, sentBytes, bytes),
      onSuccess: () => resolve(upload.url!.split('/').at(-1)!),
      onError: (error) => reject(whyNotSent(path, error)),
    })
    const stop = () => {
      // What came is removed, if the server can be reached; else it expires there.
      upload.abort(true).catch(() => {})
      reject(signal!.reason)
    }
    signal?.addEventListener('abort', stop, { once: true })
    upload.start()
  })
}

function whyNotSent(path: string, error: Error): CommandError {
  const answer = 'originalResponse' in error ? (error.originalResponse as { getBody(): string } | null) : null
  let said = error.message.split(', originated from')[0]
  try {
    said = (JSON.parse(answer?.getBody() ?? '') as { detail: string }).detail
  } catch {}
  return new CommandError(`${path} could not be sent to the server: ${said}`, { cause: error })
}

async function localFiles(error: FfleetApiError, request: JobRequest): Promise<LocalFile[]> {
  const files: LocalFile[] = []
  for (const { pointer } of error.errors) {
    const path = valueAt(request, pointer)
    const facts = typeof path === 'string' ? await stat(path).catch(() => null) : null
    if (!facts?.isFile()) return []
    files.push({ pointer, path: path as string, bytes: facts.size })
  }
  return files
}

const stepsOf = (pointer: string) => pointer.split('/').slice(1)

function valueAt(whole: unknown, pointer: string): unknown {
  return stepsOf(pointer).reduce((part, step) => (part as Record<string, unknown> | undefined)?.[step], whole)
}

function replaceAt(whole: unknown, pointer: string, value: string): void {
  const steps = stepsOf(pointer)
  const parent = steps.slice(0, -1).reduce((part, step) => (part as Record<string, unknown>)[step], whole)
  ;(parent as Record<string, unknown>)[steps.at(-1)!] = value
}

/** `sending film.mp4: 43 % of 1.20 GB`, a line that is written over on a terminal; elsewhere one word when it begins. */
export function sendingLine(stream: {
  write(text: string): unknown
  isTTY: boolean
}): NonNullable<Sending['onSending']> {
  const told = new Set<string>()
  return (file, sentBytes, bytes) => {
    const percent = bytes === 0 ? 100 : Math.floor((sentBytes / bytes) * 100)
    const name = printable(basename(file))
    const line = stream.isTTY
      ? `sending ${name}: ${percent} % of ${formatBytes(bytes)}`
      : `sending ${name}, ${formatBytes(bytes)}`
    if (told.has(line)) return
    told.add(line)
    if (!stream.isTTY) stream.write(`${line}\n`)
    else stream.write(percent === 100 ? '\r\u001B[K' : `\r\u001B[K${line}`)
  }
}
