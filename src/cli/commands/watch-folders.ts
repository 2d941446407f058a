import { defineCommand } from 'citty'
import { WATCH_STATES, type WatchedFile, type WatchState } from '../../contract/watch-folders.js'
import { CommandError, EXIT, UsageError } from '../exit.js'
import { JSON_OPTION, print, printJsonLine, stdoutColumns, stdoutStyle } from '../print.js'
import { count } from '../render/figures.js'
import { facts, table } from '../render/table.js'
import { FILE_HEAD, fileRow, folderRows, otherRules } from '../render/watch-folder-view.js'
import { integerOf } from '../request/arguments.js'
import { clientOf, SERVER_OPTION } from '../server.js'

type Args = {
  why?: boolean | undefined
  rule?: string | undefined
  state?: string | undefined
  limit?: string | undefined
  json?: boolean | undefined
  server?: string | undefined
}

export default defineCommand({
  meta: {
    name: 'watch-folders',
    description:
      'Make jobs of what lands in folders, by the rules in FFLEET_WATCH_RULES and on the Redis of FFLEET_REDIS_URL; Ctrl-C stops. `check` tells what would become of each file and makes nothing, `ls` what became of them',
  },
  args: {
    what: { type: 'positional', required: false, description: '`check` or `ls`; without it, watch' },
    why: { type: 'boolean', description: 'With `ls`: each file, with its state and the reason of it' },
    rule: { type: 'string', valueHint: 'NAME', description: 'With `ls`: only files of this rule' },
    state: { type: 'enum', options: [...WATCH_STATES], description: 'With `ls`: only files in this state' },
    limit: { type: 'string', valueHint: 'N', description: 'With `ls`: how many files at most; default 100' },
    ...JSON_OPTION,
    ...SERVER_OPTION,
  },
  async run({ args }) {
    if (args.what === undefined) return watch(args)
    if (args.what === 'check') return check(args)
    if (args.what === 'ls') return list(args)
    throw new UsageError(`There is no "${args.what}"; it is check or ls, or nothing.`)
  },
})

async function prepared() {
  const { prepareConfig } = await import('../../config/prepare.js')
  const { readRules } = await import('../../watch-folders/index.js')
  const config = await prepareConfig('watch-folders')
  if (config.watchRules === null) {
    throw new CommandError('Watch folders need FFLEET_WATCH_RULES, the file with their rules.')
  }
  return { config, rules: await readRules(config.watchRules, config), file: config.watchRules }
}

async function watch(args: Args): Promise<number> {
  const { config, rules } = await prepared()
  const { redisUrl } = config
  if (redisUrl === null) {
    throw new CommandError(
      'Watch folders alone need FFLEET_REDIS_URL, the Redis of the fleet. `ffleet up` has its own, and watches by FFLEET_WATCH_RULES itself.',
    )
  }
  const { createLog } = await import('../../log/index.js')
  const { serve } = await import('../stack/serve.js')
  const { startWatching } = await import('../stack/watch-folders.js')
  const log = createLog({ logLevel: config.logLevel, part: 'watch-folders' })
  for (const warning of config.warnings) log.warn(warning)
  const exitCode = await serve(log, async () => {
    const watching = await startWatching({ config, rules, redisUrl, url: clientOf(args).baseUrl, log })
    print(
      facts(
        rules.map(({ name, folder }) => [name, `watches ${folder}`]),
        stdoutStyle(),
        stdoutColumns(),
      ),
    )
    return { stop: () => watching.stop() }
  })
  // What it may still wait for, such as a Redis that is away, holds nobody up.
  process.exit(exitCode)
}

async function check(args: Args): Promise<number> {
  const { config, rules, file } = await prepared()
  const { checkFiles, requirePresets } = await import('../../watch-folders/index.js')
  const client = clientOf(args)
  const presets = await client.presets()
  requirePresets(file, rules, presets)
  const rows: string[][] = []
  let jobs = 0
  const byName = new Map(presets.map((preset) => [preset.name, preset]))
  await checkFiles({ mediaRoot: config.mediaRoot, rules, presets: byName, client }, (outlook) => {
    const { path, rule, would, outputs, reason, alsoTakenBy } = outlook
    if (would === 'job') jobs += 1
    if (args.json) return printJsonLine(outlook)
    const what = [outputs.join(', '), reason, otherRules(alsoTakenBy)].filter(Boolean).join(' ')
    rows.push([path, rule, would, what])
  })
  if (args.json) return EXIT.ok
  if (rows.length > 0)
    print(table(['FILE', 'RULE', 'WOULD BE', 'WHAT'], rows, stdoutStyle(), { columns: stdoutColumns() }))
  print(`${count(rows.length, 'file')}, ${count(jobs, 'job')}. Nothing was made.`)
  return EXIT.ok
}

async function list(args: Args): Promise<number> {
  const client = clientOf(args)
  const isOfFiles = args.why || args.rule !== undefined || args.state !== undefined || args.limit !== undefined
  if (!isOfFiles) {
    const folders = await client.watchFolders()
    if (args.json) {
      for (const folder of folders) printJsonLine(folder)
      return EXIT.ok
    }
    if (folders.length === 0) print('No folder is watched.')
    else
      print(folders.map((folder) => facts(folderRows(folder, Date.now()), stdoutStyle(), stdoutColumns())).join('\n\n'))
    return EXIT.ok
  }
  const most = integerOf(args.limit, '--limit', 1, 1_000_000) ?? 100
  const files: WatchedFile[] = []
  let cursor: string | undefined
  do {
    const limit = Math.min(most - files.length, 1_000)
    const state = args.state as WatchState | undefined
    const page = await client.watchedFiles({ rule: args.rule, state, limit, cursor })
    files.push(...page.items)
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined && files.length < most)
  if (args.json) {
    for (const file of files) printJsonLine(file)
    return EXIT.ok
  }
  if (files.length === 0) print('No files.')
  else
    print(
      table(
        FILE_HEAD,
        files.map((file) => fileRow(file, Date.now())),
        stdoutStyle(),
        { columns: stdoutColumns() },
      ),
    )
  return EXIT.ok
}
