/** Looking at files: what is known of each is held against what is there, and what follows is recorded. */
import type { WatchRule } from '../contract/index.js'
import type { FileRecord, KnownFile, WatchedFiles } from '../queue/index.js'
import type { Claim, Claims } from './claims.js'
import { DEFAULT_SETTLE_MS, identityOf, stepOf } from './settle.js'
import { type Taking, take } from './take.js'
import { type FoundFile, lookAt } from './walk.js'
import { deviceAndInode, filesBeingWritten } from './writers.js'

export type Looking = {
  mediaRoot: string
  files: WatchedFiles
  claims: Claims
  taking: Taking
  /** Told of each job that was made. */
  onSubmitted(jobId: string): void
}

/** Submissions at once. */
const AT_ONCE = 8

/** Files that were found; none of them is taken before it was looked at a second time. */
export async function lookAtFound(looking: Looking, found: readonly FoundFile[]): Promise<void> {
  const known = await looking.files.read(found.map(({ path }) => path))
  await Promise.all(found.map((file, i) => note(looking, file, known[i] ?? null)))
}

/** Files whose time has come. What is as it was is taken, unless somebody writes in it. */
export async function lookAtDue(looking: Looking, paths: readonly string[]): Promise<void> {
  const [known, found] = await Promise.all([
    looking.files.read(paths),
    Promise.all(paths.map((path) => lookAt(looking.mediaRoot, path))),
  ])
  const whole: { file: FoundFile; former: KnownFile; rule: WatchRule }[] = []
  await Promise.all(
    paths.map(async (path, i) => {
      const [former, file] = [known[i] ?? null, found[i] ?? null]
      if (former === null) return
      const rule = file && (await note(looking, file, former))
      if (file === null) await looking.files.write(path, former, null)
      else if (rule) whole.push({ file, former, rule })
    }),
  )
  if (whole.length === 0) return
  const written = await filesBeingWritten()
  const next = whole.values()
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const { file, former, rule } of next) {
        const { path } = file
        const { record } = former
        const isWritten = written.has(deviceAndInode({ dev: file.device, ino: file.inode }))
        const following = isWritten ? beingWritten(record, rule) : await take(rule, path, record, looking.taking)
        await looking.files.write(path, former, following)
        if (following.state === 'submitted') looking.onSubmitted(following.job!)
      }
    }),
  )
}

function beingWritten(record: FileRecord, { settleMs = DEFAULT_SETTLE_MS }: WatchRule): FileRecord {
  const sinceMs = record.state === 'being-written' ? record.sinceMs : Date.now()
  const reason = 'A process holds it open to write in it.'
  return { ...record, state: 'being-written', reason, sinceMs, dueMs: Date.now() + settleMs }
}

/** Records what is new about a file. Gives its rule when it is to be taken. */
async function note(looking: Looking, file: FoundFile, former: KnownFile | null): Promise<WatchRule | null> {
  const { path } = file
  const claim = looking.claims(path)
  // Rules of another process may look there.
  if (claim === null) return null
  if (former === null && (await isKnownElsewhere(looking, file, claim))) return null
  const step = stepOf(former?.record ?? null, file, claim, Date.now())
  if (step === null) return null
  if ('take' in step) return claim.rule
  await looking.files.write(path, former, step.record)
  return null
}

/** Whether the rule knows the file under another name: it was renamed, or has two. */
async function isKnownElsewhere({ mediaRoot, files }: Looking, file: FoundFile, claim: Claim): Promise<boolean> {
  if ('ignored' in claim || file.isLink) return false
  const { name } = claim.rule
  const other = await files.pathOf(name, identityOf(file))
  if (other === null || other === file.path) return false
  const [former] = await files.read([other])
  if (!former || former.record.state === 'ignored') return false
  const there = await lookAt(mediaRoot, other)
  if (there?.inode === file.inode && there.device === file.device) {
    const reason = `It is another name of ${other}.`
    const { dueMs: _, ...record } = former.record
    const second: FileRecord = { ...record, state: 'skipped', reason, code: null, job: null, sinceMs: Date.now() }
    return files.write(file.path, null, { ...second, identity: `${record.identity}:${file.path}` })
  }
  if (there !== null) return false
  if (await files.write(file.path, null, former.record)) await files.write(other, former, null)
  return true
}
