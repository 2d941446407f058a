/**
 * What became of each file in a watch folder. Here is the truth of it: whoever watches keeps nothing in memory, so that a restart,
 * and several processes at once, find what is known.
 */
import type { WatchedFile, WatchRule, WatchState } from '../contract/index.js'
import { WATCH_STATES } from '../contract/watch-folders.js'
import { guarded } from './availability.js'
import type { Connection } from './connection.js'

/** A file as it is recorded. */
export type FileRecord = Omit<WatchedFile, 'path' | 'since' | 'modifiedAt'> & {
  modifiedMs: number
  /** Since when it is in this state. */
  sinceMs: number
  /** Says that it is this file under whatever name: inode, size and time of change. */
  identity: string
  /** When it is to be looked at again; left out where there is nothing to wait for. */
  dueMs?: number
  /** When it was first seen that it is not there any more. */
  goneMs?: number
}

/** A record, and the text that it has in Redis: who changes it must know that. */
export type KnownFile = { record: FileRecord; text: string }

/** What a process that watches tells of a rule. */
export type RuleNews = { rule: WatchRule; host: string; lookedMs: number | null; aliveMs: number; fault: string | null }

/** How the job of a file ended; `open` while it has not, `gone` when there is no record of it any more. */
export type JobEnd = 'open' | 'gone' | 'completed' | 'cancelled' | { code: string; detail: string }

export type FileFilter = {
  rule?: string | undefined
  state?: WatchState | undefined
  limit: number
  after: Place | null
}
/** Where a page ends. */
export type Place = { sinceMs: number; path: string }

export type WatchedFiles = {
  /** What is known of files, in their order. */
  read(paths: readonly string[]): Promise<(KnownFile | null)[]>
  /**
   * Puts `next` in the place of what the caller read (null: nothing was, or nothing shall be). False, and nothing is changed, when
   * another process was faster.
   */
  write(path: string, former: KnownFile | null, next: FileRecord | null): Promise<boolean>
  /** Files of these rules that wait and are to be looked at by now; at most so many of each. */
  due(rules: readonly string[], nowMs: number, limit: number): Promise<string[]>
  /** The path under which a rule knows a file of this identity. */
  pathOf(rule: string, identity: string): Promise<string | null>
  /** The files that these jobs were made of; null for other jobs. */
  filesOf(jobIds: readonly string[]): Promise<(string | null)[]>
  /** Some files of a rule in a state, behind `cursor`; '0' begins, and is given at the end. May give one twice. */
  walk(rule: string, state: WatchState, cursor: string): Promise<{ paths: string[]; cursor: string }>
  ends(jobIds: readonly string[]): Promise<JobEnd[]>
  tell(news: RuleNews): Promise<void>
  /** Forgets a rule that nobody has watched by for a week; its files are to be forgotten before. */
  forgetRule(rule: string): Promise<void>
  /** The rules that processes told of, by name, and how many files of each are in each state. */
  rules(): Promise<(RuleNews & { counts: Partial<Record<WatchState, number>> })[]>
  /** Newest first. */
  list(filter: FileFilter): Promise<{ items: WatchedFile[]; next: Place | null }>
}

/** A process that has been silent for so long does not watch any more. */
export const WATCHER_GONE_MS = 90_000

export function createWatchedFiles(redis: Connection): WatchedFiles {
  const { keys } = redis.names

  async function read(paths: readonly string[]): Promise<(KnownFile | null)[]> {
    if (paths.length === 0) return []
    const texts = await redis.hmget(keys.watchedFiles, ...paths)
    return texts.map((text) => (text === null ? null : { record: JSON.parse(text) as FileRecord, text }))
  }

  async function ends(jobIds: readonly string[]): Promise<JobEnd[]> {
    const asked = redis.pipeline()
    for (const id of jobIds) asked.hmget(keys.job(id), 'req', 'term', 'final')
    const answers = (await asked.exec()) ?? []
    return answers.map(([error, fields]) => {
      if (error) throw error
      return endOf(fields as [string | null, string | null, string | null])
    })
  }

  async function rules() {
    const all = await redis.hgetall(keys.watchRules)
    const news = Object.values(all).map((text) => JSON.parse(text) as RuleNews)
    return Promise.all(news.map(async (each) => ({ ...each, counts: await countsOf(each.rule.name) })))
  }

  async function countsOf(rule: string): Promise<Partial<Record<WatchState, number>>> {
    const counts = await Promise.all(WATCH_STATES.map((state) => redis.zcard(keys.watchedBy(rule, state))))
    return Object.fromEntries(WATCH_STATES.flatMap((state, i) => (counts[i]! > 0 ? [[state, counts[i]]] : [])))
  }

  /** Of one index: the newest files behind a place. */
  async function behind(index: string, after: Place | null, limit: number): Promise<Place[]> {
    const from = after === null ? '+inf' : String(after.sinceMs)
    const found: Place[] = []
    for (let offset = 0; found.length < limit; offset += limit) {
      const flat = await redis.zrevrangebyscore(index, from, '-inf', 'WITHSCORES', 'LIMIT', offset, limit)
      for (let i = 0; i < flat.length; i += 2) {
        const place = { path: flat[i]!, sinceMs: Number(flat[i + 1]) }
        if (after === null || isBehind(place, after)) found.push(place)
      }
      if (flat.length < 2 * limit) break
    }
    return found.slice(0, limit)
  }

  async function list({ rule, state, limit, after }: FileFilter) {
    const names = rule === undefined ? await redis.hkeys(keys.watchRules) : [rule]
    const states = state === undefined ? WATCH_STATES : [state]
    const indexes = names.flatMap((name) => states.map((each) => keys.watchedBy(name, each)))
    const found = await Promise.all(indexes.map((index) => behind(index, after, limit + 1)))
    const places = found.flat().sort((a, b) => (isBehind(b, a) ? -1 : 1))
    const page = places.slice(0, limit)
    const known = await read(page.map(({ path }) => path))
    const items = known.flatMap((file, i) => (file === null ? [] : [resourceOf(page[i]!.path, file.record)]))
    return { items, next: places.length > limit ? page.at(-1)! : null }
  }

  return {
    read: guarded(read),
    write: guarded(async (path: string, former: KnownFile | null, next: FileRecord | null) => {
      const answer = await redis.ffWatched(path, former?.text ?? '', next === null ? '' : JSON.stringify(next))
      return answer === 1
    }),
    due: guarded(async (rules: readonly string[], nowMs: number, limit: number) => {
      const asked = rules.map((rule) => redis.zrangebyscore(keys.watchedDue(rule), '-inf', nowMs, 'LIMIT', 0, limit))
      return (await Promise.all(asked)).flat()
    }),
    pathOf: guarded((rule: string, identity: string) => redis.hget(keys.watchedIdentities, `${rule}:${identity}`)),
    filesOf: guarded(async (jobIds: readonly string[]) =>
      jobIds.length === 0 ? [] : redis.hmget(keys.watchedJobs, ...jobIds),
    ),
    walk: guarded(async (rule: string, state: WatchState, cursor: string) => {
      const [next, flat] = await redis.zscan(keys.watchedBy(rule, state), cursor, 'COUNT', 200)
      return { paths: flat.filter((_, i) => i % 2 === 0), cursor: next }
    }),
    ends: guarded(ends),
    tell: guarded(async (news: RuleNews) => {
      await redis.hset(keys.watchRules, news.rule.name, JSON.stringify(news))
    }),
    forgetRule: guarded(async (rule: string) => {
      await redis.hdel(keys.watchRules, rule)
    }),
    rules: guarded(rules),
    list: guarded(list),
  }
}

/** Whether `a` comes after `b` where the newest are first, and equal ones as Redis has them. */
function isBehind(a: Place, b: Place): boolean {
  if (a.sinceMs !== b.sinceMs) return a.sinceMs < b.sinceMs
  return Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)) < 0
}

function endOf([request, state, final]: [string | null, string | null, string | null]): JobEnd {
  if (request === null) return 'gone'
  if (state === null || final === null) return 'open'
  if (state === 'completed' || state === 'cancelled') return state
  const { error } = JSON.parse(final) as { error: { code: string; detail: string } }
  return { code: error.code, detail: error.detail }
}

function resourceOf(path: string, record: FileRecord): WatchedFile {
  const { identity: _, dueMs: __, goneMs: ___, sinceMs, modifiedMs, ...told } = record
  const iso = (ms: number) => new Date(ms).toISOString()
  return { path, ...told, modifiedAt: iso(modifiedMs), since: iso(sinceMs) }
}
