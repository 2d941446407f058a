import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { JobOutput } from '../../src/contract/index.js'
import type { Storage } from '../../src/storage/index.js'
import type { AttemptScript } from './scripted-worker.js'

/** A file's bytes, or those of the files of a folder by their paths in it. */
export type Content = Uint8Array | string | Record<string, Uint8Array | string>

/**
 * An attempt that makes the one output of its job of these bytes, and publishes it as a worker does. `staging`: a folder on
 * the file system of the outputs.
 */
export function publishing(
  { storage, staging }: { storage: Storage; staging: string },
  content: Content,
  facts: Partial<JobOutput> = {},
): AttemptScript {
  return async (attempt) => {
    const { request } = attempt
    const [output] = request.outputs
    const path = output!.path ?? `${attempt.jobId}/${output!.name}`
    const staged = join(await mkdtemp(join(staging, 'staged-')), 'output')
    const files = typeof content === 'string' || content instanceof Uint8Array ? { '': content } : content
    for (const [name, bytes] of Object.entries(files)) {
      await mkdir(dirname(join(staged, name)), { recursive: true })
      await writeFile(join(staged, name), bytes)
    }
    const destination = { path, jobId: attempt.jobId, attempt: 1 }
    const manifest = await storage.outputs.prepare(staged, destination)
    const keepExisting = output!.onExists === 'fail'
    await attempt.commit([output!.name], '{}', true)
    const file = await storage.outputs.place(manifest, staged, destination, { keepExisting })
    const made = {
      name: output!.name,
      preset: output!.preset,
      path,
      mediaType: output!.recipe.mediaType,
      bytes: manifest.bytes,
      durationMs: null,
      sha256: manifest.sha256,
      href: `/v1/jobs/${attempt.jobId}/outputs/${output!.name}`,
      warnings: [],
      ...facts,
    }
    await attempt.outputReady(1, made, { worker: 'w-scripted', host: 'studio', root: null, ...file })
    return { kind: 'completed' }
  }
}
