/** A dry run: what would become of each file that stands in the folders now. */
import type { FfleetClient } from '../client/index.js'
import type { WatchRule } from '../contract/index.js'
import { createClaims } from './claims.js'
import { type Presets, requestOf } from './request.js'
import { skipReason } from './skip.js'
import { beginnings, type FoundFile, walk } from './walk.js'

/** `would`: make a job, with these outputs; be skipped or ignored, for the reason; not be known, as nobody looked at it. */
export type FileOutlook = {
  path: string
  rule: string
  would: 'job' | 'skipped' | 'ignored' | 'unknown'
  outputs: string[]
  reason: string | null
  alsoTakenBy: string[]
}

type Options = {
  mediaRoot: string
  rules: readonly WatchRule[]
  presets: Presets
  client: Pick<FfleetClient, 'dryRun'>
}

/** Told a file at a time. Whether it stays as it is, and whether it had its job already, is not looked at. */
export async function checkFiles(options: Options, onFile: (outlook: FileOutlook) => void): Promise<void> {
  const claims = createClaims(options.rules)
  const outlookOf = async (file: FoundFile): Promise<FileOutlook | null> => {
    const claim = claims(file.path)
    if (claim === null) return null
    const told = { path: file.path, rule: claim.rule.name, outputs: [], reason: null, alsoTakenBy: [] }
    if (file.isLink) return { ...told, would: 'ignored', reason: 'It is a link; put the file itself here.' }
    if ('ignored' in claim) return { ...told, would: 'ignored', reason: claim.ignored }
    const { alsoTakenBy, rule } = claim
    const request = requestOf(rule, file, options.presets)
    const outputs = request.outputs.map(({ path }) => path!)
    const job: FileOutlook = { ...told, would: 'job', outputs, alsoTakenBy }
    if (!rule.skipIf) return job
    const { plan, refusal } = await options.client.dryRun(request)
    if (refusal !== null) return { ...job, reason: `It would fail (${refusal.code}): ${refusal.detail}` }
    if (plan === null) return { ...job, would: 'unknown', reason: 'No worker looked at it, for `skipIf`.' }
    const reason = skipReason(rule.skipIf, plan.probe)
    return reason === null ? job : { ...job, would: 'skipped', outputs: [], reason }
  }
  for (const folder of beginnings(options.rules)) {
    await walk(options.mediaRoot, options.rules, folder, {
      async onFiles(files) {
        for (const file of files) {
          const outlook = await outlookOf(file)
          if (outlook !== null) onFile(outlook)
        }
      },
    })
  }
}
