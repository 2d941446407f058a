/** Which rule takes a file, or why none does. Looks at names alone. */
import { posix } from 'node:path'
import { Minimatch } from 'minimatch'
import type { WatchRule } from '../contract/index.js'
import { kindOfName } from '../storage/media.js'

/** A rule takes the file, or ignores it for a reason. Null: no rule looks there. */
export type Claim = { rule: WatchRule; alsoTakenBy: string[] } | { rule: WatchRule; ignored: string }
export type Claims = (path: string) => Claim | null

/** What programs call a file that they have not finished. */
const UNFINISHED = /(\.(part|partial|tmp|temp|crdownload|download|filepart|opdownload|!ut|!qb|aria2)|~)$/i

/** A folder as rules and records have it: relative to the media root, '' for the root itself. */
export function folderOf(text: string): string {
  return posix.normalize(`${text}/`).replace(/^\.?\/|\/$/g, '')
}

/** Whether `path` is the folder or lies in it. */
export function isBelow(folder: string, path: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`)
}

/** Whether a rule looks at files of this folder. */
export function looksInto(rule: WatchRule, folder: string): boolean {
  const own = folderOf(rule.folder)
  if (rule.moveTo !== undefined && isBelow(folderOf(rule.moveTo), folder)) return false
  return rule.recursive ? isBelow(own, folder) : folder === own
}

/** Of the rules that take a file the first one has it. */
export function createClaims(rules: readonly WatchRule[]): Claims {
  const readers = rules.map((rule) => ({ rule, whyNot: createReader(rule) }))
  return (path) => {
    const folder = posix.dirname(path)
    const near = readers.filter(({ rule }) => looksInto(rule, folder === '.' ? '' : folder))
    const looks = near.map(({ rule, whyNot }) => ({ rule, ignored: whyNot(path) }))
    const [first, ...others] = looks.filter(({ ignored }) => ignored === null)
    if (first) return { rule: first.rule, alsoTakenBy: others.map(({ rule }) => rule.name) }
    const [ignoring] = looks
    return ignoring ? { rule: ignoring.rule, ignored: ignoring.ignored! } : null
  }
}

/** Says why a rule does not take a file of its folder; null: it does. */
function createReader({ folder, include, exclude = [] }: WatchRule): (path: string) => string | null {
  const own = folderOf(folder)
  const globs = (list: readonly string[]) => list.map((glob) => ({ glob, matcher: matcherOf(glob) }))
  const [taken, left] = [include && globs(include), globs(exclude)]
  return (path) => {
    const relative = own === '' ? path : path.slice(own.length + 1)
    const name = posix.basename(path)
    if (relative.split('/').some((part) => part.startsWith('.')))
      return 'Its name, or that of its folder, begins with a dot.'
    const unfinished = UNFINISHED.exec(name)?.[1]
    if (unfinished !== undefined) return `Its name ends in \`${unfinished}\`, as of files that are not whole yet.`
    if (taken === undefined) {
      const kind = kindOfName(name)
      if (kind !== 'video' && kind !== 'audio') return 'Its name is none of video or audio; `include` could take it.'
    } else if (!taken.some(({ matcher }) => matcher.match(relative))) {
      return 'No glob of `include` fits it.'
    }
    const against = left.find(({ matcher }) => matcher.match(relative))
    return against ? `\`exclude\` has \`${against.glob}\`.` : null
  }
}

function matcherOf(glob: string): Minimatch {
  return new Minimatch(glob, { nocase: true, matchBase: true, dot: false, nocomment: true, nonegate: true })
}
