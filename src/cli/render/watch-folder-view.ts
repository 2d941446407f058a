import { WATCH_STATES, type WatchedFile, type WatchFolder } from '../../contract/watch-folders.js'
import { formatSpan } from './figures.js'

export function folderRows(
  { rule, counts, isWatched, lookedAt, fault }: WatchFolder,
  nowMs: number,
): [string, string][] {
  const files = WATCH_STATES.flatMap((state) => (counts[state] ? [`${counts[state]} ${state}`] : []))
  const looked = lookedAt === null ? 'not yet' : `${formatSpan(nowMs - Date.parse(lookedAt))} ago`
  return [
    ['rule', rule.name],
    ['folder', `${rule.folder}${rule.recursive ? ', and those inside' : ''}`],
    ['looked at', isWatched ? looked : `${looked}; nobody watches now`],
    ['files', files.join(', ') || 'none'],
    ...(fault === null ? [] : ([['fault', fault]] as [string, string][])),
  ]
}

export const FILE_HEAD = ['FILE', 'RULE', 'STATE', 'SINCE', 'WHY']

export function fileRow(
  { path, rule, state, since, code, reason, job, alsoTakenBy }: WatchedFile,
  nowMs: number,
): string[] {
  const why = [code, reason, job && `Job ${job}.`, otherRules(alsoTakenBy)].filter(Boolean).join(' ')
  return [path, rule, state, formatSpan(nowMs - Date.parse(since)), why]
}

/** Null where no other rule would have the file. */
export function otherRules(names: readonly string[]): string | null {
  return names.length === 0 ? null : `Also fits ${names.join(', ')}, which come later.`
}
