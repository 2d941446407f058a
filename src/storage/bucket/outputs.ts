/** Outputs in a bucket; how they get there is in docs/adr/0041-outputs-in-a-bucket.md. */
import { lstat } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { FfleetError } from '../../contract/index.js'
import { inParallel } from '../../in-parallel.js'
import type { FileIdentity } from '../identity.js'
import { type Manifest, type ManifestFile, readManifest } from '../manifest.js'
import { mediaTypeOf } from '../media-types.js'
import { leavesRoot } from '../names.js'
import type { Destination, OutputStore, Prepared } from '../output-store.js'
import { normalizeOutput, type OutputPlace, type PlaceOptions, refuse } from '../places.js'
import { writeError } from '../write-error.js'
import type { Bucket } from './bucket.js'
import { holdCopy } from './held.js'
import {
  abandon,
  abortUnrecorded,
  listRecords,
  newRecord,
  readRecord,
  removeRecord,
  takeBack,
  type Upload,
  writeRecord,
} from './pending.js'
import {
  createHashes,
  hashOfFolder,
  identityOfFolder,
  identityOfObject,
  isSame,
  LOOKS_AT_ONCE,
  listFolder,
  METADATA,
  notThere,
  openObject,
  replaced,
} from './published.js'
import { patiently, sendParts } from './upload.js'

const COMPLETED_AT_ONCE = 8

type Placing = { signal?: AbortSignal | undefined; keepExisting?: boolean }

/** `scratchRoot`: a folder of this host, for copies of what is read as an input. */
export function openBucketOutputs(bucket: Bucket, scratchRoot: string): OutputStore {
  const hashOf = createHashes(bucket)

  async function resolve(path: string, { folder = false }: PlaceOptions = {}): Promise<OutputPlace> {
    const relative = normalizeOutput(path, folder)
    const names = relative.split('/')
    const above = names.slice(1).map((_, i) => names.slice(0, i + 1).join('/'))
    const [file, below, ...files] = await Promise.all([
      bucket.head(relative),
      holdsAnything(relative),
      ...above.map((key) => bucket.head(key)),
    ])
    if (files.some((found) => found !== null)) throw invalid('A folder of the output path is a file.')
    if (folder && file !== null) throw invalid('A file stands at the path of a folder.')
    if (!folder && below) throw invalid('A folder stands at the output path.')
    return { relative, path: `/${relative}`, taken: file !== null || below }
  }

  async function holdsAnything(folder: string): Promise<boolean> {
    for await (const _ of bucket.list(`${folder}/`)) return true
    return false
  }

  async function prepare(
    stagedPath: string,
    destination: Destination,
    { signal, measured }: Pick<Placing, 'signal'> & { measured?: Manifest } = {},
  ): Promise<Prepared> {
    const manifest = measured ?? (await measure(stagedPath, { signal }))
    const path = pathOf(destination, manifest)
    const pending = newRecord(destination)
    const uploads: Upload[] = []
    try {
      const files = filesOf(manifest)
      await inParallel(files, COMPLETED_AT_ONCE, signal, async (file, stop) => {
        const key = keyOf(path, file)
        const uploadId = await patiently(stop, () =>
          bucket.beginUpload(key, factsOf(file, destination), { signal: stop }),
        )
        uploads.push({ key, uploadId, bytes: file.bytes, sha256: file.sha256, parts: [] })
      })
      await patiently(signal, () => writeRecord(bucket, pending, uploads))
      const sources = uploads.map((upload) => {
        return { upload, path: upload.key === path ? stagedPath : join(stagedPath, upload.key.slice(path.length + 1)) }
      })
      await sendParts(bucket, sources, signal)
      await patiently(signal, () => writeRecord(bucket, pending, uploads))
      return { ...manifest, pending }
    } catch (error) {
      // What this does not reach is swept: the record, which goes last, says what there is.
      await takeBack(bucket, pending, uploads).catch(() => {})
      signal?.throwIfAborted()
      throw writeError(error, 'The output cannot be sent to the bucket')
    }
  }

  async function place(
    prepared: Prepared,
    stagedPath: string,
    destination: Destination,
    options: Placing = {},
  ): Promise<FileIdentity> {
    const folder = prepared.kind === 'folder'
    const { relative } = await resolve(destination.path, { folder }).catch(refuse)
    if (options.keepExisting && (await holdsAnotherOne(relative, prepared))) throw somethingThere()
    // By an earlier try; completed once more it would be another object.
    const stands = options.keepExisting === true && (await isInPlace(relative, prepared))
    if (stands || !(await complete(prepared, relative, options))) {
      if (!stands && !(await isInPlace(relative, prepared))) await again(prepared, stagedPath, destination, options)
      if (prepared.pending !== undefined) await abandon(bucket, prepared.pending)
    }
    if (folder) await removeFormer(relative, prepared)
    return identityAt(relative, prepared)
  }

  /** Makes the uploads visible; false when one is gone without having become its object. */
  async function complete(
    prepared: Prepared,
    path: string,
    { signal, keepExisting = false }: Placing,
  ): Promise<boolean> {
    const uploads = prepared.pending === undefined ? null : await readRecord(bucket, prepared.pending)
    if (uploads === null || uploads.some(({ parts }) => parts.length === 0)) return false
    for (const rank of RANKS) {
      const together = uploads.filter(({ key }) => rankOf(key.slice(path.length + 1)) === rank)
      const answers = await inParallel(together, COMPLETED_AT_ONCE, signal, async (upload, stop) => {
        const { key, uploadId, parts, sha256 } = upload
        const answer = await patiently(stop, () =>
          bucket.complete(key, uploadId, parts, { signal: stop, keepExisting }),
        )
        if (answer === 'complete') return true
        const isThere = (await bucket.head(key))?.metadata[METADATA.sha256] === sha256
        if (answer === 'taken' && !isThere) throw somethingThere()
        if (answer === 'taken') await bucket.abort(key, uploadId)
        return isThere
      })
      if (answers.includes(false)) return false
    }
    await removeRecord(bucket, prepared.pending!)
    return true
  }

  /** What was prepared is gone: sends it anew, where this host has it. */
  async function again(prepared: Prepared, stagedPath: string, destination: Destination, options: Placing) {
    const isThere = await lstat(stagedPath).then(
      () => true,
      () => false,
    )
    const anew = isThere ? await prepare(stagedPath, destination, options) : null
    if (anew?.sha256 === prepared.sha256) {
      const isDone = await complete(anew, pathOf(destination, anew), options)
      await abandon(bucket, anew.pending!)
      if (isDone) return
    }
    throw new FfleetError('OUTPUT_INVALID', 'The output is gone from where it was written, and from the bucket.')
  }

  async function isInPlace(path: string, manifest: Manifest): Promise<boolean> {
    const found = await inParallel(filesOf(manifest), LOOKS_AT_ONCE, undefined, (file) =>
      bucket.head(keyOf(path, file)),
    )
    return filesOf(manifest).every(({ sha256 }, i) => found[i]?.metadata[METADATA.sha256] === sha256)
  }

  /** Whether something is there that is no part of this output; a part may be there by an earlier try. */
  async function holdsAnotherOne(path: string, manifest: Manifest): Promise<boolean> {
    const own = new Map(filesOf(manifest).map((file) => [keyOf(path, file), file.sha256]))
    const file = await bucket.head(path)
    if (file !== null) return file.metadata[METADATA.sha256] !== own.get(path)
    for (const found of await listFolder(bucket, path)) {
      const key = `${path}/${found.key}`
      if (!own.has(key) || (await hashOf(key, found)) !== own.get(key)) return true
    }
    return false
  }

  /** What a folder had that stood there before. */
  async function removeFormer(path: string, { files }: Manifest): Promise<void> {
    const own = new Set(files.map((file) => file.path))
    const former = (await listFolder(bucket, path)).filter(({ key }) => !own.has(key))
    await bucket.remove(former.map(({ key }) => `${path}/${key}`))
  }

  /** What was placed, as the bucket has it: held against what was sent. */
  async function identityAt(path: string, manifest: Manifest): Promise<FileIdentity> {
    if (!(await isInPlace(path, manifest))) {
      throw new FfleetError('BUCKET_UNAVAILABLE', 'The bucket does not hold what was sent to it.')
    }
    const file = manifest.kind === 'file' ? await bucket.head(path) : null
    const identity = file ? identityOfObject(file) : identityOfFolder(await listFolder(bucket, path))
    if (identity.bytes === manifest.bytes) return identity
    throw new FfleetError('BUCKET_UNAVAILABLE', 'The bucket holds another number of bytes than were sent to it.')
  }

  const open: OutputStore['open'] = async (path, as) => {
    const facts = leavesRoot(path) ? null : await bucket.head(path)
    if (facts === null) throw notThere()
    if (as && !(await isSame(as, identityOfObject(facts), () => hashOf(path, facts)))) throw replaced()
    return openObject(bucket, path, facts, as)
  }

  return {
    resolve,
    async check(path, { folder, keepExisting }) {
      const place = await resolve(path, { folder }).catch(refuse)
      if (keepExisting && place.taken) {
        throw new FfleetError('OUTPUT_EXISTS', `Something is at the path of the output, ${path}, since the job came.`)
      }
    },
    measure,
    prepare,
    place,
    async discard({ pending }) {
      if (pending !== undefined) await abandon(bucket, pending)
    },
    async sweep(jobId, attempt) {
      for (const record of await listRecords(bucket, jobId)) {
        if (record.attempt < attempt) await abandon(bucket, record.id)
      }
    },
    pending: () => listRecords(bucket),
    showsUnfinished: false,
    sweepUnknown: (nowMs) => abortUnrecorded(bucket, nowMs),
    address: ({ path }) => bucket.address(path),
    open,
    hold: async (path, as) => holdCopy(scratchRoot, await open(path, as), posix.extname(path)),
    async requireSame(path, as) {
      const file = leavesRoot(path) ? null : await bucket.head(path)
      const files = file || leavesRoot(path) ? [] : await listFolder(bucket, path)
      if (file === null && files.length === 0) throw notThere()
      const same = file
        ? isSame(as, identityOfObject(file), () => hashOf(path, file))
        : isSame(as, identityOfFolder(files), () => hashOfFolder(hashOf, path, files))
      if (!(await same)) throw replaced()
    },
    async list(path) {
      const files = leavesRoot(path) ? [] : await listFolder(bucket, path)
      if (files.length === 0) throw notThere()
      return files.map(({ key, bytes }) => ({ path: key, bytes }))
    },
  }
}

async function measure(stagedPath: string, { signal }: Pick<Placing, 'signal'> = {}): Promise<Manifest> {
  try {
    return await readManifest(stagedPath, { sync: false, signal })
  } catch (error) {
    signal?.throwIfAborted()
    throw writeError(error, 'The output cannot be read')
  }
}

function pathOf({ path }: Destination, { kind }: Manifest): string {
  try {
    return normalizeOutput(path, kind === 'folder')
  } catch (error) {
    return refuse(error)
  }
}

/** Of a file itself, with an empty path. */
function filesOf(manifest: Manifest): ManifestFile[] {
  const { kind, bytes, sha256, files } = manifest
  return kind === 'folder' ? files : [{ path: '', bytes, sha256 }]
}

function keyOf(path: string, file: ManifestFile): string {
  return file.path === '' ? path : `${path}/${file.path}`
}

function factsOf({ path, sha256 }: ManifestFile, { path: whole, jobId, attempt, mediaType }: Destination) {
  const metadata = { [METADATA.sha256]: sha256, [METADATA.job]: jobId, [METADATA.attempt]: String(attempt) }
  return { mediaType: (path === '' ? mediaType : undefined) ?? mediaTypeOf(path === '' ? whole : path), metadata }
}

const RANKS = [0, 1, 2, 3, 4] as const
/** What names other files comes after them, and the playlist that a player begins with last. */
function rankOf(path: string): (typeof RANKS)[number] {
  if (/\.(vtt|json)$/i.test(path)) return 1
  if (!/\.(m3u8|mpd)$/i.test(path)) return 0
  if (path.includes('/')) return 2
  return /^(master|main|index|manifest)\./i.test(path) ? 4 : 3
}

function invalid(detail: string): FfleetError {
  return new FfleetError('INVALID_REQUEST', detail)
}

function somethingThere(): FfleetError {
  return new FfleetError('OUTPUT_EXISTS', 'Something came to be at the path of the output while the job ran.')
}
