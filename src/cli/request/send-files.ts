/** Files of this machine as inputs of a server that does not see them: they are sent to it. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { FfleetApiError, type FfleetClient } from '../../client/index.js'
import type { Job, JobRequest } from '../../contract/index.js'
import { CommandError } from '../exit.js'
import { sendToBucket } from './send-direct.js'
import type { LocalFile, Sending, SentFile } from './sending.js'

/** What a server says of an input that it does not see. */
const NOT_THERE = new Set(['INPUT_NOT_FOUND', 'PATH_OUTSIDE_ROOT'])
/** Between tries; a connection that broke goes on where the server has the file. */
const RETRY_DELAYS_MS = [0, 1_000, 3_000, 5_000, 10_000, 20_000]

/**
 * Sends a job. Inputs that the server does not find, and this machine does, are sent to it first, where it has one straight to its
 * bucket; what it has itself goes before.
 *
 * @throws FfleetApiError as `submit`; CommandError when a file could not be sent.
 */
export async function submitWithFiles(client: FfleetClient, request: JobRequest, sending: Sending = {}): Promise<Job> {
  const options = { ...(sending.submitSignal && { signal: sending.submitSignal }) }
  try {
    return await client.submit(request, options)
  } catch (error) {
    const files = error instanceof FfleetApiError && NOT_THERE.has(error.code) ? await localFiles(error, request) : []
    if (files.length === 0) throw error
    const asked = structuredClone(request)
    const sent = new Map<string, SentFile>()
    for (const { pointer, path, bytes } of files) {
      const file =
        sent.get(path) ??
        (await sendToBucket(client, { path, bytes }, sending)) ??
        (await sendByTus(client.baseUrl, { path, bytes }, sending))
      sent.set(path, file)
      replaceAt(asked, pointer, `upload:${file.id}`)
    }
    const job = await client.submit(asked, options)
    for (const file of sent.values()) await file.taken()
    return job
  }
}

/** Sends a file whole, through the server. */
async function sendByTus(
  baseUrl: string,
  { path, bytes }: Omit<LocalFile, 'pointer'>,
  { signal, onSending }: Sending,
): Promise<SentFile> {
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
      onSuccess: () => resolve({ id: upload.url!.split('/').at(-1)!, taken: async () => {} }),
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
