/** What a caller's tenant makes of the parts that routes use. */
import { posix } from 'node:path'
import type { Caller } from '../../callers/index.js'
import { FfleetError } from '../../contract/index.js'
import type { PresetBook } from '../../presets/index.js'
import type { JobQueue, Uploads } from '../../queue/index.js'
import type { Storage } from '../../storage/index.js'
import type { Frame } from '../live/frame.js'
import type { KnownUploads } from '../submission/uploads.js'
import { nameOf, type UploadFile } from '../uploads/view.js'

/** Whoever has no tenant and may do everything sees the jobs of all; others see those of their tenant, or of none. */
export function jobsFor(jobs: JobQueue, caller: Caller | null): JobQueue {
  return seesAll(caller) ? jobs : jobs.of(caller!.tenant)
}

/** Whether what is found for the caller is found among jobs of others, which it must not learn of. */
export function looksPastOthers(caller: Caller | null): boolean {
  return !seesAll(caller) && caller!.tenant === null
}

/** Which of the fleet's events are for the caller; those of workers are for who has no tenant. Undefined: all. */
export function eventsFor(caller: Caller | null): ((frame: Frame) => boolean) | undefined {
  if (seesAll(caller)) return undefined
  const { tenant } = caller!
  return (frame) => frame.tenant === tenant && (frame.jobId !== null || tenant === null)
}

/** Whether what belongs to a tenant, or to none, is there for the caller. */
export function seesTenant(caller: Caller | null, tenant: string | null): boolean {
  return seesAll(caller) || caller!.tenant === tenant
}

/** The uploads that the caller may read, as a submission looks at them. */
export function uploadsFor(uploads: Pick<Uploads, 'get'>, caller: Caller | null): KnownUploads {
  return {
    async get(id) {
      const record = await uploads.get(id)
      if (record === null || !seesTenant(caller, record.tenant)) return null
      const file = record.file as UploadFile
      return { bytes: file.size ?? null, name: nameOf(file) }
    },
  }
}

/** Null stands for a watch link, which has been looked at where it was given. */
function seesAll(caller: Caller | null): boolean {
  return caller === null || (caller.tenant === null && caller.role === 'admin')
}

/** @throws FfleetError FORBIDDEN for who has a tenant: this is of the whole fleet. */
export function requireFleet(caller: Caller | null): void {
  if (caller === null || caller.tenant === null) return
  throw new FfleetError('FORBIDDEN', `This is of the whole fleet; the key ${caller.name} belongs to a tenant.`, {
    hint: 'Use a key without a tenant.',
  })
}

/** The presets that the caller may name. */
export function presetsFor(presets: PresetBook, caller: Caller | null): PresetBook {
  return presets.of(caller?.tenant ?? null)
}

/** @throws FfleetError FORBIDDEN for who asks of another tenant than their own, and may not. */
export function requireOwn(caller: Caller | null, tenant: string | undefined): void {
  if (tenant === undefined || seesAll(caller) || caller!.tenant === tenant) return
  throw new FfleetError('FORBIDDEN', `The key ${caller!.name} sees what is of its own tenant alone.`, {
    hint: 'Leave `tenant` out, or use a key of the role `admin` that belongs to no tenant.',
  })
}

/** A tenant has the folder of its name in both roots. Whatever else there is does not exist for it. */
export function storageFor(storage: Pick<Storage, 'inputs' | 'outputs'>, caller: Caller | null) {
  const tenant = caller?.tenant ?? null
  if (tenant === null) return storage
  const { inputs, outputs } = storage
  const isOwn = (path: string) => posix.normalize(path).startsWith(`${tenant}/`)
  return {
    inputs: {
      ...inputs,
      async resolve(uri: string) {
        if (isOwn(uri) || uri.includes('://') || uri === '') return inputs.resolve(uri)
        throw new FfleetError('INPUT_NOT_FOUND', 'There is no such file in the media root.', {
          hint: `Yours are in the folder \`${tenant}\`.`,
        })
      },
      async list(path: string, page: Parameters<Storage['inputs']['list']>[1]) {
        if (posix.normalize(`${path}/`) === './' || path === '') return onlyFolder(inputs, tenant)
        if (isOwn(`${path}/`)) return inputs.list(path, page)
        throw new FfleetError('NOT_FOUND', 'There is no such folder in the media root, or it may not be read.')
      },
    },
    outputs: {
      ...outputs,
      async resolve(...[path, options]: Parameters<Storage['outputs']['resolve']>) {
        if (isOwn(path)) return outputs.resolve(path, options)
        throw new FfleetError('PATH_OUTSIDE_ROOT', `The path must begin with \`${tenant}/\`, the folder of the tenant.`)
      },
    },
  }
}

/** What it sees of the root: its own folder, where there is one. */
async function onlyFolder(inputs: Storage['inputs'], tenant: string) {
  for (let after: string | null = null; ; ) {
    const page: Awaited<ReturnType<Storage['inputs']['list']>> = await inputs.list('', { limit: 1_000, after })
    const own = page.items.filter(({ name, kind }) => name === tenant && kind === 'folder')
    if (own.length > 0 || page.next === null) return { items: own, next: null }
    after = page.next
  }
}
