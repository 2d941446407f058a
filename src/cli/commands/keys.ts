import { defineCommand } from 'citty'
import type { StoredKey } from '../../callers/index.js'
import { ROLES } from '../../contract/roles.js'
import { UsageError } from '../exit.js'
import { type Keys, withKeyFile } from '../key-file.js'
import { JSON_OPTION, print, printJson, printJsonLine, stdoutColumns, stdoutStyle } from '../print.js'
import { table } from '../render/table.js'
import { secondsOf } from '../request/arguments.js'

const DAY_MS = 24 * 60 * 60 * 1000

type Args = {
  role?: string | undefined
  tenant?: string | undefined
  arguments?: boolean | undefined
  grace?: string | undefined
  json?: boolean | undefined
}
type Action = (keys: Keys, file: string, name: string, args: Args) => Promise<void>

const ACTIONS: Record<string, Action> = {
  add: async ({ addKey }, file, name, { role, tenant = null, arguments: isTrusted = false, json = false }) => {
    if (role === undefined) throw new UsageError(`--role says what the key may do: ${ROLES.join(', ')}.`)
    const made = await addKey(file, { name, role: role as StoredKey['role'], tenant, arguments: isTrusted })
    show(made, `The key of ${name}, shown this once:`, json)
  },
  rotate: async ({ rotateKey }, file, name, { grace, json = false }) => {
    const made = await rotateKey(file, name, secondsOf(grace, '--grace') ?? DAY_MS)
    const { former } = made.stored
    const until = former === null ? 'no longer valid' : `valid until ${former.until}`
    show(made, `The new key of ${name}, shown this once; the one before is ${until}:`, json)
  },
  revoke: async ({ revokeKey }, file, name, { json = false }) => {
    const stored = await revokeKey(file, name)
    if (json) printJson(shown(stored))
    else print(`${stored.name} is revoked.`)
  },
  list: async ({ readKeyFile, readLastUsed }, file, _name, { json = false }) => {
    const [{ keys }, used] = await Promise.all([readKeyFile(file), readLastUsed(file)])
    const all = keys.map((stored) => ({ ...shown(stored), lastUsedAt: used[stored.id] ?? null }))
    if (json) return all.forEach(printJsonLine)
    const rows = all.map((each) => [
      each.name,
      each.id,
      each.arguments ? `${each.role}, arguments` : each.role,
      each.tenant ?? '',
      each.createdAt.slice(0, 10),
      each.revokedAt === null ? 'valid' : `revoked ${each.revokedAt.slice(0, 10)}`,
      each.lastUsedAt ?? 'never',
    ])
    const head = ['NAME', 'ID', 'ROLE', 'TENANT', 'MADE', 'STATE', 'LAST USED']
    print(table(head, rows, stdoutStyle(), { columns: stdoutColumns() }))
  },
}

export default defineCommand({
  meta: { name: 'keys', description: 'Make, list, revoke and rotate the API keys in FFLEET_KEYS_FILE' },
  args: {
    action: { type: 'positional', required: true, description: '`add`, `list`, `revoke` or `rotate`' },
    key: { type: 'positional', required: false, description: 'Name of the key, or its id; not for `list`' },
    role: {
      type: 'enum',
      options: [...ROLES],
      description:
        'Of a new key: look; also send and end jobs; also pause and drain; everything; the files of the fleet, for workers with FFLEET_STORE=api',
    },
    tenant: { type: 'string', valueHint: 'NAME', description: 'Of a new key: the tenant that it belongs to' },
    arguments: {
      type: 'boolean',
      description: "Of a new key: may send jobs of ffmpeg's own arguments, where FFLEET_ARGUMENTS is on",
    },
    grace: {
      type: 'string',
      valueHint: 'SECONDS',
      description: 'How long the key before a rotation stays valid; default 86400, a day',
    },
    ...JSON_OPTION,
  },
  async run({ args }) {
    const act = Object.hasOwn(ACTIONS, args.action) ? ACTIONS[args.action]! : null
    if (act === null) throw new UsageError(`There is no "${args.action}"; it is add, list, revoke or rotate.`)
    const isNamed = args.action !== 'list'
    if (isNamed && args.key === undefined) throw new UsageError('Missing argument: KEY')
    if (!isNamed && args.key !== undefined) throw new UsageError(`Unexpected argument: ${args.key}`)
    await withKeyFile((keys, file) => act(keys, file, args.key ?? '', args))
  },
})

/** A key without anything that opens. */
function shown({ hash: _, former, ...stored }: StoredKey) {
  return { ...stored, formerUntil: former?.until ?? null }
}

/** The key goes to stdout alone, so that a program can take it; what people need to know goes beside it. */
function show({ key, stored }: { key: string; stored: StoredKey }, words: string, json: boolean): void {
  if (json) {
    printJson({ ...shown(stored), key })
  } else {
    process.stderr.write(`${words}\n`)
    print(key)
  }
}
