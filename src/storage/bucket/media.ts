/** A media root that is a bucket, or a prefix in one: paths of inputs are keys below it. */
import { posix } from 'node:path'
import { FfleetError } from '../../contract/index.js'
import { type InputFile, requireMediaPath } from '../inputs.js'
import { kindOfName, type MediaEntry } from '../media.js'
import type { MediaRoot } from '../media-root.js'
import type { Bucket, ObjectFacts } from './bucket.js'
import { openObject } from './published.js'

export function openBucketMedia(bucket: Bucket): MediaRoot {
  async function find(uri: string): Promise<ObjectFacts> {
    requireMediaPath(uri)
    const facts = await bucket.head(uri)
    if (facts !== null) return facts
    throw new FfleetError('INPUT_NOT_FOUND', 'There is no such file in the media root.')
  }

  return {
    async resolve(uri): Promise<InputFile> {
      const { bytes, modifiedAt } = await find(uri)
      // It lies on no device, and so is none of the files that an output could replace.
      return { path: bucket.address(uri), bytes, modifiedMs: modifiedAt.getTime(), device: -1, inode: -1 }
    },
    read: async (uri) => openObject(bucket, uri, await find(uri), null),
    async list(path, { limit, after }) {
      const folder = posix.normalize(`${path}/`).replace(/^\.?\/+/, '')
      if (folder.startsWith('../') || path.includes('\0')) {
        throw new FfleetError('PATH_OUTSIDE_ROOT', 'The path must be relative to the media root, without `..`.')
      }
      const page = await bucket.listFolder(folder, { limit, token: after === null ? null : after.slice(1) })
      if (after === null && folder !== '' && page.files.length + page.folders.length === 0) {
        throw new FfleetError('NOT_FOUND', 'There is no such folder in the media root.')
      }
      const isShown = ({ name }: MediaEntry) => name !== '' && !name.startsWith('.')
      const folders = page.folders.map((key): MediaEntry => {
        const entry = key.replace(/\/$/, '')
        return { ...{ name: posix.basename(entry), path: entry, kind: 'folder' }, bytes: null, modifiedAt: null }
      })
      const files = page.files.map(({ key, bytes, modifiedAt }): MediaEntry => {
        return { name: key.slice(folder.length), path: key, kind: kindOfName(key), bytes, modifiedAt }
      })
      return { items: [...folders, ...files].filter(isShown), next: page.token === null ? null : `0${page.token}` }
    },
    async hasAny() {
      const page = await bucket.listFolder('', { limit: 1, token: null }).catch(() => null)
      return page !== null && page.files.length + page.folders.length > 0
    },
  }
}
