/** What is not there any more is not known for ever. */
import { join } from 'node:path'
import { WATCH_STATES } from '../contract/watch-folders.js'
import type { KnownFile, WatchedFiles } from '../queue/index.js'
import { holdsAnything } from '../storage/inputs.js'
import { lookAt } from './walk.js'

const KEPT_MS = 7 * 24 * 3_600_000

/**
 * Forgets files that have been gone for a week, but not while their folder is empty: its disk may not be mounted, and would come back
 * as a thousand new films. So it goes with all files of a rule that nobody has watched by for a week.
 */
export async function forgetGone(mediaRoot: string, files: WatchedFiles): Promise<void> {
  for (const { rule, aliveMs } of await files.rules()) {
    const isOver = aliveMs < Date.now() - KEPT_MS
    if (!isOver && !(await holdsAnything(join(mediaRoot, rule.folder)))) continue
    for (const state of WATCH_STATES) {
      let cursor = '0'
      do {
        const page = await files.walk(rule.name, state, cursor)
        const known = await files.read(page.paths)
        await Promise.all(page.paths.map((path, i) => known[i] && forget(path, known[i], isOver)))
        cursor = page.cursor
      } while (cursor !== '0')
    }
    if (isOver) await files.forgetRule(rule.name)
  }

  async function forget(path: string, former: KnownFile, isOver: boolean): Promise<void> {
    if (isOver) return void (await files.write(path, former, null))
    const { goneMs, ...record } = former.record
    const isThere = (await lookAt(mediaRoot, path)) !== null
    if (isThere && goneMs !== undefined) await files.write(path, former, record)
    if (isThere) return
    if (goneMs === undefined) await files.write(path, former, { ...record, goneMs: Date.now() })
    else if (goneMs < Date.now() - KEPT_MS) await files.write(path, former, null)
  }
}
