/** Where a rule may look, as links and mounts lead. */
import { realpath, stat } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import type { WatchRule } from '../contract/index.js'
import type { SchemaFault } from '../contract/schema-faults.js'
import { parseBucket } from '../s3/location.js'
import { isInside } from '../storage/names.js'

/** `outputRoot`: a folder, or a bucket, which no folder lies in. */
export type Roots = { mediaRoot: string; outputRoot: string; dataDir: string }

/** What stands against the folders of a rule whose fields are right. */
export async function folderFaults(rule: WatchRule, { mediaRoot, outputRoot, dataDir }: Roots): Promise<SchemaFault[]> {
  const fault = (pointer: string, detail: string) => [{ pointer, detail }]
  const root = await real(mediaRoot)
  const folder = await realpath(join(mediaRoot, rule.folder)).catch(() => null)
  const isFolder = folder !== null && (await stat(folder)).isDirectory()
  if (!isFolder) return fault('/folder', 'is no folder in the media root; create it, or mount its disk')
  if (!isInside(root, folder)) return fault('/folder', 'is a link that leads out of the media root')
  const faults: SchemaFault[] = []
  const moveTo = rule.moveTo === undefined ? null : await real(join(mediaRoot, rule.moveTo))
  if (moveTo !== null && !isInside(root, moveTo)) faults.push(...fault('/moveTo', 'leads out of the media root'))
  for (const [name, path] of [
    ...(parseBucket(outputRoot) === null ? [['output root', outputRoot] as const] : []),
    ['data folder', dataDir] as const,
  ]) {
    const kept = await real(path)
    // The media root may lie in the data folder, as it does without a setting.
    const isAround = path === dataDir && kept !== root && isInside(kept, root)
    if (isInside(kept, folder) && !isAround) {
      faults.push(...fault('/folder', `lies in the ${name}: what jobs make would become jobs; watch another folder`))
    } else if (rule.recursive && isInside(folder, kept)) {
      const what = `with \`recursive\` it reaches into the ${name}, ${relative(folder, kept)}`
      faults.push(...fault('/folder', `${what}: what jobs make would become jobs; watch folders beside it`))
    }
    if (moveTo !== null && isInside(kept, moveTo) && !isAround) {
      faults.push(...fault('/moveTo', `lies in the ${name}, which is ffleet's own`))
    }
  }
  return faults
}

/** Without links, as far as it exists. */
async function real(path: string): Promise<string> {
  const whole = await realpath(path).catch(() => null)
  if (whole !== null || dirname(path) === path) return whole ?? path
  return join(await real(dirname(path)), relative(dirname(path), path))
}
