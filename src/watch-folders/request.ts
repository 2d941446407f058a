/** The job that is made of a file. */
import { createHash } from 'node:crypto'
import type { JobRequest, Preset, WatchRule } from '../contract/index.js'
import { defaultTemplate, fillTemplate } from './templates.js'

export type Presets = ReadonlyMap<string, Pick<Preset, 'extension'>>
type File = { path: string; bytes: number; modifiedMs: number }

/** The tag that every job of a watch folder has: the name of its rule. */
export const RULE_TAG = 'watch-folder'

export function outputsOf({ preset, outputs }: WatchRule): NonNullable<WatchRule['outputs']> {
  return outputs ?? [{ preset: preset! }]
}

export function requestOf(rule: WatchRule, file: File, presets: Presets): JobRequest {
  const outputs = outputsOf(rule)
  const made = outputs.map((output) => {
    const extension = presets.get(output.preset)?.extension ?? ''
    const template = output.path ?? defaultTemplate(outputs.length, extension)
    const { modifiedMs } = file
    return {
      ...output,
      path: fillTemplate(template, { input: file.path, modifiedMs, preset: output.preset, extension }),
    }
  })
  return {
    input: file.path,
    outputs: made,
    priority: rule.priority ?? 0,
    tags: { ...rule.tags, [RULE_TAG]: rule.name },
  }
}

/**
 * Makes the submission of a file repeatable: whoever does not know whether a job was made asks for it again. It is the same at
 * every host, and so without the inode.
 */
export function idempotencyKeyOf(rule: WatchRule, { path, bytes, modifiedMs }: File): string {
  const text = JSON.stringify([rule.name, path, bytes, modifiedMs])
  return `watch-folder-${createHash('sha256').update(text).digest('hex')}`
}
