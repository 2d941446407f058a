/** From an input that lies elsewhere to a whole file in the spool. */
import { setTimeout as sleep } from 'node:timers/promises'
import { FfleetError } from '../contract/index.js'
import { type RemoteBody, RemoteFault, type RemoteRange, type RemoteStore } from '../remote/index.js'
import { systemCode } from '../storage/names.js'
import { type Copy, isFull, PIECE_BYTES, type Piece, piecesOf } from './copy.js'

/** Parts of one file that are fetched at once. */
const AT_ONCE = 4
/** Before each further try; so many in a row without a byte more, and the attempt fails. */
export const WAITS_MS: readonly number[] = [500, 1_000, 2_000, 4_000]
/** However much each one brought. */
const MOST_TRIES = 100
/** A file that is another one with each look is none. */
const MOST_CHANGES = 2
/** A store that wants to be left alone for longer fails the attempt: the job waits elsewhere than in a slot. */
const LONGEST_WAIT_MS = 60_000

export type DownloadOptions = {
  uri: string
  store: Pick<RemoteStore, 'open'>
  signal: AbortSignal
  waitsMs: readonly number[]
  /** The size is known: room is made for it. */
  reserve(bytes: number): Promise<void>
  /** The size is not known, and so many bytes are here or about to be. */
  grow(bytes: number): void
  /** More is here. */
  onProgress(): void
}

/** What was being fetched is another file by now, or is not given in parts any more. */
class ChangedError extends Error {
  override readonly name = 'ChangedError'
}

/**
 * Fetches what is missing of a copy, again where it breaks.
 *
 * @throws FfleetError FETCH_FAILED and what the store refuses with; the reason of the signal.
 */
export async function download(copy: Copy, options: DownloadOptions): Promise<void> {
  const { signal, waitsMs } = options
  let [failures, changes, tries, best] = [0, 0, 0, copy.have]
  let inParts = true
  for (;;) {
    try {
      return await fetchMissing(copy, inParts, options)
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof RemoteFault) && !(error instanceof ChangedError)) throw await failure(copy, error)
      const isChanged = error instanceof ChangedError
      if (isChanged && ++changes > MOST_CHANGES) throw failed('The input changes while it is fetched', error)
      const waitMs = error instanceof RemoteFault ? error.waitMs : null
      failures = copy.have > best ? 1 : failures + 1
      best = Math.max(best, copy.have)
      const planned = waitsMs[failures - 1]
      if (planned === undefined || ++tries > MOST_TRIES) throw failed(error.message, error)
      if (waitMs !== null && waitMs > LONGEST_WAIT_MS) {
        throw failed(`${error.message}, and asks to come back in ${Math.ceil(waitMs / 1_000)} s`, error)
      }
      // Without anything to know it by, what is here may be of another file than what comes.
      if (isChanged || copy.facts?.validator == null) await copy.startOver()
      if (isChanged) [inParts, best] = [false, 0]
      await sleep(Math.max(planned, waitMs ?? 0), undefined, { signal }).catch(() => signal.throwIfAborted())
    }
  }
}

function failed(message: string, cause: unknown): FfleetError {
  return new FfleetError('FETCH_FAILED', `${message}.`, { cause })
}

async function failure(copy: Copy, error: unknown): Promise<unknown> {
  const code = systemCode(error)
  if (error instanceof FfleetError || code === null) return error
  await copy.startOver().catch(() => {})
  return ['ENOSPC', 'EDQUOT'].includes(code)
    ? new FfleetError('DISK_FULL', 'The disk of the spool is full.', {
        cause: error,
        hint: 'Free space on the disk of FFLEET_SPOOL_DIR, or set it to another one.',
      })
    : error
}

async function fetchMissing(copy: Copy, inParts: boolean, options: DownloadOptions): Promise<void> {
  const { uri, store } = options
  const stop = new AbortController()
  const signal = AbortSignal.any([options.signal, stop.signal])
  const known = () => copy.facts?.validator ?? null
  const openAt = (range: RemoteRange) => store.open(uri, range, { known: known(), signal })
  let opened = copy.pieces.length === 0 ? await openFirst(copy, inParts, { ...options, openAt }) : null

  const missing = copy.pieces.filter((piece) => !isFull(piece))
  const next = () => {
    // What is open already is the first.
    const wanted = opened === null ? missing.findIndex(({ to }) => to !== null && to > copy.wantedFrom) : 0
    return missing.splice(Math.max(0, wanted), 1)[0]
  }
  let fault: unknown = null
  async function work(): Promise<void> {
    for (let piece = next(); piece !== undefined && fault === null; piece = next()) {
      const body = opened
      opened = null
      await fetchPiece(copy, piece, body, { ...options, openAt }).catch((error) => {
        // What the others meet then is only that they were stopped.
        fault ??= error
        stop.abort(error)
      })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  await copy.close()
  if (fault !== null) throw fault
}

type Opening = DownloadOptions & { openAt(range: RemoteRange): Promise<RemoteBody> }

/** The first answer tells what there is. Gives the rest of it. */
async function openFirst(copy: Copy, inParts: boolean, { openAt, reserve, onProgress }: Opening): Promise<RemoteBody> {
  let body = await openAt({ from: 0, to: inParts ? PIECE_BYTES : null })
  try {
    const { bytes, validator } = body.facts
    const isPart = bytes !== null && body.to !== null && body.to < bytes
    if (isPart && validator === null) {
      // Parts of it could be of different files, so it is taken in one.
      body.close()
      body = await openAt({ from: 0, to: null })
    }
    copy.facts = body.facts
    onProgress()
    if (body.facts.bytes !== null) await reserve(body.facts.bytes)
    const inOne = { from: 0, to: body.facts.bytes, have: 0 }
    copy.pieces = isPart && validator !== null ? piecesOf(bytes) : [inOne]
    // Of an empty file nothing comes.
    if (body.facts.bytes === 0) await copy.write(new Uint8Array(), 0)
    return body
  } catch (error) {
    body.close()
    throw error
  }
}

/** Writes a piece from where it stops; `opened`: its beginning, which is open already. */
async function fetchPiece(copy: Copy, piece: Piece, opened: RemoteBody | null, options: Opening): Promise<void> {
  let body = opened
  do {
    const before = piece.have
    body ??= await options.openAt({ from: piece.from + piece.have, to: piece.to })
    await writePiece(copy, piece, body, options)
    body = null
    if (!isFull(piece) && piece.have === before) throw new RemoteFault('The server of the input sends nothing')
  } while (!isFull(piece))
}

async function writePiece(copy: Copy, piece: Piece, body: RemoteBody, options: Opening): Promise<void> {
  const { facts } = copy
  try {
    const sizes = [facts!.bytes, body.facts.bytes]
    const isSame = body.facts.validator === facts!.validator && (sizes.includes(null) || sizes[0] === sizes[1])
    const isFromHere = body.from === piece.from + piece.have
    if (!isSame || (!isFromHere && (copy.pieces.length > 1 || body.from !== 0))) {
      throw new ChangedError('The input changes while it is fetched')
    }
    if (!isFromHere) piece.have = 0
    let at = body.from
    for await (const chunk of body.chunks) {
      if (piece.to === null) options.grow(at + chunk.length)
      else if (at + chunk.length > piece.to) throw new RemoteFault('The server of the input sends more than it said')
      await copy.write(chunk, at)
      at += chunk.length
      piece.have = at - piece.from
      options.onProgress()
    }
    if (body.to !== null && at < body.to) throw new RemoteFault('The input ended before its end')
    if (piece.to === null) {
      piece.to = at
      copy.facts = { ...facts!, bytes: at }
    }
  } finally {
    body.close()
  }
}
