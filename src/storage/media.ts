/** What stands in the media root, for people who pick an input. */
import { readdir, realpath, stat } from 'node:fs/promises'
import { extname, join, posix } from 'node:path'
import { FfleetError } from '../contract/index.js'
import { isInside, leavesRoot, systemCode } from './names.js'

/** One entry of a folder. */
export type MediaEntry = {
  name: string
  /** Relative to the media root, as a job names it. */
  path: string
  kind: 'folder' | 'video' | 'audio' | 'picture' | 'other'
  /** Null for a folder. */
  bytes: number | null
  /** Null for a folder in a bucket, which is only the beginning of keys. */
  modifiedAt: Date | null
}

export type MediaPage = {
  items: MediaEntry[]
  /** The name to go on after; null on the last page. */
  next: string | null
}

/** What the name says; whether a file really is that, its probe tells. */
const KINDS: Record<string, 'video' | 'audio' | 'picture'> = {
  ...kindOf('video', 'mp4 m4v mov mkv webm avi ts m2ts mts mpg mpeg vob wmv flv f4v 3gp mxf ogv dv y4m'),
  ...kindOf('audio', 'mp3 m4a aac flac wav ogg oga opus wma aif aiff ac3 eac3 dts mka caf'),
  ...kindOf('picture', 'jpg jpeg png webp gif bmp tif tiff'),
}

function kindOf<K>(kind: K, extensions: string): Record<string, K> {
  return Object.fromEntries(extensions.split(' ').map((extension) => [`.${extension}`, kind]))
}

export function kindOfName(name: string): Exclude<MediaEntry['kind'], 'folder'> {
  return KINDS[extname(name).toLowerCase()] ?? 'other'
}

/**
 * A page of a folder of the media root, folders first, then by name. Names that begin with a dot are left out, and so is
 * whatever leads out of the root, or is neither a file nor a folder. `after` is the `next` of the former page.
 *
 * @throws FfleetError PATH_OUTSIDE_ROOT; NOT_FOUND for what is no folder, or may not be read.
 */
export async function listMedia(
  mediaRoot: string,
  path: string,
  { limit, after }: { limit: number; after: string | null },
): Promise<MediaPage> {
  if (leavesRoot(path) || path.includes('\0')) {
    throw new FfleetError('PATH_OUTSIDE_ROOT', 'The path must be relative to the media root, without `..`.')
  }
  const relative = posix.normalize(`${path}/`).replace(/^\.?\/|\/$/g, '')
  try {
    const root = await realpath(mediaRoot)
    const folder = await realpath(join(root, relative))
    if (!isInside(root, folder))
      throw new FfleetError('PATH_OUTSIDE_ROOT', 'The path is a link that leads out of the root.')
    const entries = await readdir(folder, { withFileTypes: true })
    const seen = entries
      .filter(({ name }) => !name.startsWith('.'))
      .map((entry) => ({ name: entry.name, key: `${entry.isDirectory() ? 0 : 1}${entry.name}` }))
      .filter(({ key }) => after === null || key > after)
      .sort((a, b) => (a.key < b.key ? -1 : 1))
    const items: MediaEntry[] = []
    for (const [i, { name, key }] of seen.entries()) {
      const item = await lookAt(root, join(folder, name), posix.join(relative, name))
      if (item) items.push(item)
      if (items.length === limit) return { items, next: i < seen.length - 1 ? key : null }
    }
    return { items, next: null }
  } catch (error) {
    if (error instanceof FfleetError) throw error
    if (!['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'EACCES', 'EPERM'].includes(systemCode(error) ?? ''))
      throw error
    throw new FfleetError('NOT_FOUND', 'There is no such folder in the media root, or it may not be read.', {
      cause: error,
    })
  }
}

/** Null for what is not to be shown. */
async function lookAt(root: string, path: string, relative: string): Promise<MediaEntry | null> {
  const real = await realpath(path).catch(() => null)
  const stats = real !== null && isInside(root, real) ? await stat(real).catch(() => null) : null
  if (!stats || !(stats.isFile() || stats.isDirectory())) return null
  const isFolder = stats.isDirectory()
  const kind = isFolder ? 'folder' : kindOfName(relative)
  const bytes = isFolder ? null : stats.size
  return { name: posix.basename(relative), path: relative, kind, bytes, modifiedAt: stats.mtime }
}
