/** How the jobs of files end, and what becomes of the files then. */
import type { WatchRule } from '../contract/index.js'
import { type FileRecord, type JobEnd, type KnownFile, WATCHER_GONE_MS, type WatchedFiles } from '../queue/index.js'
import { putAway } from './afterwards.js'

type Following = { mediaRoot: string; files: WatchedFiles; rules: readonly WatchRule[] }

const AT_ONCE = 16

/** These jobs may have ended; those that are of no file are nothing here. */
export async function followJobs(following: Following, jobIds: readonly string[]): Promise<void> {
  const paths = await following.files.filesOf(jobIds)
  const found = paths.filter((path) => path !== null)
  const known = await following.files.read(found)
  const isOwn = (i: number) => following.rules.some(({ name }) => name === known[i]?.record.rule)
  await followFiles(
    following,
    found.filter((_, i) => isOwn(i)),
  )
}

/**
 * All whose job has not ended, and those whose job failed, as it may have been retried. Files of rules that are not our own are left to
 * whoever watches by them, as long as somebody does.
 */
export async function followAll(following: Following): Promise<void> {
  for (const { rule, aliveMs } of await following.files.rules()) {
    const isOwn = following.rules.some(({ name }) => name === rule.name)
    if (!isOwn && aliveMs > Date.now() - WATCHER_GONE_MS) continue
    for (const state of ['submitted', 'failed'] as const) {
      let cursor = '0'
      do {
        const page = await following.files.walk(rule.name, state, cursor)
        await followFiles(following, page.paths)
        cursor = page.cursor
      } while (cursor !== '0')
    }
  }
}

async function followFiles(following: Following, paths: readonly string[]): Promise<void> {
  const known = await following.files.read(paths)
  const withJob = paths.flatMap((path, i) => (known[i]?.record.job ? [{ path, former: known[i] }] : []))
  const ends = await following.files.ends(withJob.map(({ former }) => former.record.job!))
  const next = withJob.entries()
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const [i, { path, former }] of next) await follow(following, path, former, ends[i]!)
    }),
  )
}

async function follow(
  { mediaRoot, files, rules }: Following,
  path: string,
  former: KnownFile,
  end: JobEnd,
): Promise<void> {
  const { record } = former
  const changed = changeOf(record, end)
  if (changed === null) return
  const rule = rules.find(({ name }) => name === record.rule)
  const reason = changed.state === 'done' ? await putAway(mediaRoot, rule, path, record) : changed.reason
  await files.write(path, former, { ...record, ...changed, reason, sinceMs: Date.now() })
}

/** What a file is once its job stands so; null: what it was. */
export function changeOf({ state }: FileRecord, end: JobEnd): Pick<FileRecord, 'state' | 'reason' | 'code'> | null {
  if (end === 'open') return state === 'submitted' ? null : { state: 'submitted', reason: null, code: null }
  if (end === 'completed') return { state: 'done', reason: null, code: null }
  if (state === 'failed') return null
  if (end === 'cancelled') return { state: 'failed', reason: 'Its job was cancelled.', code: null }
  if (end === 'gone')
    return { state: 'failed', reason: 'Its job was removed before it was seen how it ended.', code: null }
  return { state: 'failed', reason: end.detail, code: end.code }
}
