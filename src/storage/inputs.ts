/** From what a request names as input to a file that may be read. */
import { fstat, type Stats } from 'node:fs'
import { opendir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { FfleetError } from '../contract/index.js'
import { isInside, leavesRoot, systemCode } from './names.js'
import { OutsideRootError, openInside } from './open-inside.js'

/** A regular file inside the media root. */
export type InputFile = {
  /** Absolute, links resolved. Never shown to the person who sent the job. */
  path: string
  bytes: number
  modifiedMs: number
  /** Which file it is, whatever it is called. */
  device: number
  inode: number
}

/** One that stays open: it is this file whatever stands at its path by then, even after that was removed. */
export type OpenInput = InputFile & { descriptor: number; close(): Promise<void> }

const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):/
/** Words that are schemes even where a file of that name exists, so that a file can't change what a request means. */
const RESERVED_SCHEMES = new Set(['http', 'https', 's3', 'upload', 'job'])

/** Finds the file a request names, and makes sure that it can be read; see `openInput`. */
export async function resolveInput(mediaRoot: string, uri: string): Promise<InputFile> {
  const { descriptor: _, close, ...file } = await openInput(mediaRoot, uri)
  await close()
  return file
}

/**
 * Opens the file a request names, without following a link and without waiting (a pipe would hold the opener for ever), and
 * looks at what is open then. Whoever calls it closes it.
 *
 * A name with a colon is a file when a file of exactly that name exists, else what stands before the colon is taken as
 * a scheme if it looks like one: `a:b.mp4` and `12:30 talk.mp4` work, `concat:a.mp4` and anything with `://` does not.
 *
 * @throws FfleetError SCHEME_NOT_ALLOWED, PATH_OUTSIDE_ROOT, INPUT_NOT_FOUND, NOT_A_REGULAR_FILE, INPUT_NOT_READABLE,
 * INVALID_REQUEST.
 */
export async function openInput(mediaRoot: string, uri: string): Promise<OpenInput> {
  const scheme = requireMediaPath(uri)
  try {
    return await openRegularFile(mediaRoot, uri)
  } catch (error) {
    const refused = error instanceof FfleetError ? error : translate(error)
    if (scheme && refused.code === 'INPUT_NOT_FOUND') throw notAllowed(scheme)
    throw refused
  }
}

/**
 * Refuses what is no path in the media root. Gives what would be its scheme if there is no file of that name; null: it looks like none.
 *
 * @throws FfleetError INVALID_REQUEST, SCHEME_NOT_ALLOWED, PATH_OUTSIDE_ROOT.
 */
export function requireMediaPath(uri: string): string | null {
  if (uri === '') throw new FfleetError('INVALID_REQUEST', 'The input is empty.')
  if (uri.includes('\0')) throw new FfleetError('INVALID_REQUEST', 'The input holds a NUL character.')
  const scheme = SCHEME.exec(uri)?.[1]?.toLowerCase()
  if (scheme && (RESERVED_SCHEMES.has(scheme) || uri.slice(scheme.length).startsWith('://'))) throw notAllowed(scheme)
  if (leavesRoot(uri)) {
    throw new FfleetError('PATH_OUTSIDE_ROOT', 'The input must be a path relative to the media root, without `..`.')
  }
  return scheme ?? null
}

/** Whether a folder can be read and holds anything. */
export async function holdsAnything(folder: string): Promise<boolean> {
  const dir = await opendir(folder).catch(() => null)
  if (dir === null) return false
  const first = await dir.read().catch(() => null)
  await dir.close()
  return first !== null
}

async function openRegularFile(mediaRoot: string, uri: string): Promise<OpenInput> {
  const [root, path] = await Promise.all([realpath(mediaRoot), realpath(join(mediaRoot, uri))])
  if (!isInside(root, path)) throw leadsOut()
  const file = await openInside(root, path, requireRegular)
  return { ...inputFile(await file.stat(), path), descriptor: file.fd, close: () => file.close() }
}

/** The file that an open one is; `stats` are its own. */
export function inputFile({ size, mtimeMs, dev, ino }: Stats, path: string): InputFile {
  return { path, bytes: size, modifiedMs: mtimeMs, device: dev, inode: ino }
}

/** @throws FfleetError INPUT_CHANGED where somebody has written to the file since it was opened. */
export async function requireUnchanged({ descriptor, bytes, modifiedMs }: OpenInput): Promise<void> {
  const { size, mtimeMs } = await promisify(fstat)(descriptor)
  if (size === bytes && mtimeMs === modifiedMs) return
  throw new FfleetError('INPUT_CHANGED', 'Somebody has written to the input since the attempt began.')
}

function leadsOut(cause?: unknown): FfleetError {
  return new FfleetError('PATH_OUTSIDE_ROOT', 'The input is a link that leads out of the media root.', { cause })
}

function requireRegular(stats: Stats): void {
  if (stats.isFile()) return
  const what = stats.isDirectory()
    ? 'a folder'
    : stats.isFIFO()
      ? 'a named pipe'
      : stats.isSocket()
        ? 'a socket'
        : stats.isSymbolicLink()
          ? 'a link'
          : 'a device'
  throw new FfleetError('NOT_A_REGULAR_FILE', `The input is ${what}.`)
}

function notAllowed(scheme: string): FfleetError {
  return new FfleetError(
    'SCHEME_NOT_ALLOWED',
    `\`${scheme}:\` inputs are not accepted; allowed are paths relative to the media root and URLs with https:// or http://.`,
  )
}

function translate(error: unknown): FfleetError {
  if (error instanceof OutsideRootError) return leadsOut(error)
  const cause = { cause: error }
  switch (systemCode(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new FfleetError('INPUT_NOT_FOUND', 'There is no such file in the media root.', cause)
    case 'ENAMETOOLONG':
      return new FfleetError('INPUT_NOT_FOUND', 'The name is longer than any file name can be.', cause)
    case 'ELOOP':
      return new FfleetError('INPUT_NOT_FOUND', 'The path is a loop of links.', cause)
    case 'EACCES':
    case 'EPERM':
      return new FfleetError('INPUT_NOT_READABLE', 'ffleet may not read the file.', cause)
    default:
      return new FfleetError(
        'INPUT_NOT_READABLE',
        `The file cannot be opened (${systemCode(error) ?? 'unknown'}).`,
        cause,
      )
  }
}
