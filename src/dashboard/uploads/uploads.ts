/** The files that this tab sends: they go on while other pages of the page are looked at, and after a reload. */
import { signal } from '@preact/signals'
import { announce } from '../shell/announcer.js'
import { words } from '../words/texts.js'
import { dropUpload, type KeptUpload, keepUpload, keptUploads, ownUpload } from './kept.js'
import { beginUpload, readUpload, removeUpload, SendingFault, sendRest } from './send.js'

/**
 * `waiting`: for its turn; `away`: the server is not reached, it is tried again; `left`: its file has to be chosen again, or to be let
 * read; `signedOut`: goes on after signing in; `gone`: the server has removed it; `refused`: by the server, as `problem` says.
 */
export type SendState = 'waiting' | 'sending' | 'away' | 'whole' | 'left' | 'signedOut' | 'gone' | 'refused'

export type FileUpload = Omit<KeptUpload, 'id'> & {
  /** Its own in this tab. */
  key: number
  /** Null until the server has told it. */
  id: string | null
  /** That the server has. */
  sentBytes: number
  state: SendState
  /** In the server's words; null when there is none. */
  problem: string | null
}

/** Those of this tab, in the order in which they were chosen; one goes when it is whole and its job was sent. */
export const uploads = signal<readonly FileUpload[]>([])

/** What is done about it does not end by itself. */
export const isOnItsWay = ({ state }: FileUpload) => state === 'waiting' || state === 'sending' || state === 'away'

/** Of the six connections that a browser has to a server, event streams and looks need some. */
const AT_ONCE = 2
const AGAIN_MS = [500, 1_000, 2_000, 5_000]

/** What is done for each, and the file it is done with. */
const work = new Map<number, { file: File; stop: AbortController }>()
let keys = 0
let free = AT_ONCE
const inLine: (() => void)[] = []

const find = (key: number) => uploads.value.find((each) => each.key === key)

function change(key: number, next: Partial<FileUpload>): void {
  uploads.value = uploads.value.map((each) => (each.key === key ? { ...each, ...next } : each))
}

function add(upload: Omit<FileUpload, 'key'>): number {
  uploads.value = [...uploads.value, { ...upload, key: ++keys }]
  return keys
}

/** A file that was dropped, with what it can be read by after a reload, where the browser gives that. */
export type Dropped = { file: File; handle: FileSystemFileHandle | null }

/** Sends them. One that was begun before and is not whole goes on; one that is here already is not sent twice. */
export function sendFiles(dropped: readonly Dropped[]): void {
  for (const { file, handle } of dropped) {
    const { name, size: bytes, lastModified } = file
    const known = uploads.value.find(
      (each) =>
        each.name === name && each.bytes === bytes && each.lastModified === lastModified && each.state !== 'gone',
    )
    if (known === undefined) {
      const facts = { id: null, name, bytes, lastModified, job: null, handle }
      void drive(add({ ...facts, sentBytes: 0, state: 'waiting', problem: null }), file)
    } else if (known.state === 'left' || known.state === 'refused') {
      change(known.key, { handle: handle ?? known.handle })
      void drive(known.key, file)
    }
  }
}

/** Begins it, sends it, and goes on until it is whole or somebody has to do something. */
async function drive(key: number, file: File): Promise<void> {
  const stop = new AbortController()
  work.set(key, { file, stop })
  const { signal } = stop
  for (let tries = 0; !signal.aborted; ) {
    try {
      const id = find(key)?.id ?? (await begin(key, file, signal))
      change(key, { state: 'waiting', problem: null })
      await takeTurn(signal, () => {
        change(key, { state: 'sending' })
        const onSent = (sentBytes: number) => {
          tries = 0
          change(key, { sentBytes, state: 'sending' })
        }
        return sendRest(id, file, { signal, onSent })
      })
      return whole(key)
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof SendingFault)) throw error
      const { name, id, job } = find(key)!
      if (error.kind === 'away') {
        change(key, { state: 'away' })
        await pause(AGAIN_MS[Math.min(tries++, AGAIN_MS.length - 1)]!)
      } else if (error.kind === 'gone' && job === null) {
        void dropUpload(id!)
        change(key, { id: null, sentBytes: 0 })
      } else {
        const state = error.kind === 'unreadable' ? 'left' : error.kind
        change(key, { state, problem: error.message || null, handle: null })
        return announce(`${name}: ${error.message || words.value.uploadStates[state]}`)
      }
    }
  }
}

async function begin(key: number, file: File, signal: AbortSignal): Promise<string> {
  const id = await beginUpload(file, signal)
  change(key, { id })
  await Promise.all([keep(key), ownUpload(id)])
  return id
}

async function keep(key: number): Promise<void> {
  const { id, name, bytes, lastModified, job, handle } = find(key)!
  if (id !== null) await keepUpload({ id, name, bytes, lastModified, job, handle })
}

/** Some are sent at once, the others wait. */
async function takeTurn(signal: AbortSignal, send: () => Promise<void>): Promise<void> {
  if (free === 0) await new Promise<void>((resolve) => inLine.push(resolve))
  else free--
  try {
    if (!signal.aborted) await send()
  } finally {
    const next = inLine.shift()
    if (next) next()
    else free++
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

function whole(key: number): void {
  const upload = find(key)
  if (upload === undefined) return
  announce(`${upload.name}: ${words.value.uploadStates.whole}`)
  change(key, { state: 'whole', sentBytes: upload.bytes })
  if (upload.job !== null) forget(key)
}

function forget(key: number): void {
  const id = find(key)?.id
  work.get(key)?.stop.abort()
  work.delete(key)
  uploads.value = uploads.value.filter((each) => each.key !== key)
  if (id != null) void dropUpload(id)
}

/** A job that reads it was sent: it is of no more use to another one. */
export function sentWith(key: number, job: string): void {
  change(key, { job })
  if (find(key)?.state === 'whole') forget(key)
  else void keep(key)
}

/** Takes it back. One that a job waits for stays, and says so. */
export async function takeBack(key: number): Promise<void> {
  const upload = find(key)
  if (upload === undefined) return
  const { id, job } = upload
  if (job === null) forget(key)
  const problem = id === null ? null : await removeUpload(id)
  if (problem === null) forget(key)
  else change(key, { problem })
}

/** Another try, when the server did not want it: what stood against it may have changed. */
export function tryAgain(key: number): void {
  const file = work.get(key)?.file
  if (file) void drive(key, file)
}

/** The person lets its file be read again. */
export async function goOn(key: number): Promise<void> {
  const handle = find(key)?.handle
  if (handle && (await handle.requestPermission({ mode: 'read' })) === 'granted') await readAgain(key, handle)
}

async function readAgain(key: number, handle: FileSystemFileHandle): Promise<void> {
  const { bytes, lastModified } = find(key)!
  const file = await handle.getFile().catch(() => null)
  if (file !== null && file.size === bytes && file.lastModified === lastModified) void drive(key, file)
  else change(key, { handle: null })
}

/** What was begun before the page was loaded. By itself goes on what the browser lets be read again. */
export async function restoreUploads(): Promise<void> {
  for (const kept of await keptUploads()) if (await ownUpload(kept.id)) void restore(kept)
}

async function restore(kept: KeptUpload, tries = 0): Promise<void> {
  try {
    const { state, receivedBytes } = await readUpload(kept.id)
    if (state === 'completed' && kept.job !== null) return void dropUpload(kept.id)
    const isWhole = state === 'completed'
    const key = add({ ...kept, sentBytes: receivedBytes, state: isWhole ? 'whole' : 'left', problem: null })
    const { handle } = kept
    if (isWhole || handle === null) return
    if ((await handle.queryPermission({ mode: 'read' })) === 'granted') await readAgain(key, handle)
  } catch (error) {
    if (!(error instanceof SendingFault)) throw error
    if (error.kind === 'gone') return void dropUpload(kept.id)
    // Who signs in loads the page anew.
    if (error.kind !== 'away') return
    await pause(AGAIN_MS[Math.min(tries, AGAIN_MS.length - 1)]!)
    return restore(kept, tries + 1)
  }
}

addEventListener('beforeunload', (event) => {
  if (uploads.value.some(isOnItsWay)) event.preventDefault()
})
