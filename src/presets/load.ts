import { statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, join, posix } from 'node:path'
import { ARGUMENTS, type Preset, TENANT_NAME } from '../contract/index.js'
import { type Fault, readPreset } from './read-preset.js'
import { SHIPPED_PRESETS } from './shipped.js'

export type PresetBook = {
  /** Shipped presets first, then the operator's by name, then the tenant's. */
  list(): Preset[]
  get(name: string): Preset | undefined
  /** The book of those of one tenant; null: of those who have none. Presets of other tenants do not exist there. */
  of(tenant: string | null): PresetBook
}

/** Where in which file a preset is wrong. */
export type PresetFault = Fault & { file: string }

/** The operator's presets can't be used; the message names every fault of every file. */
export class PresetFaultsError extends Error {
  override readonly name = 'PresetFaultsError'
  readonly faults: readonly PresetFault[]

  constructor(folder: string, faults: PresetFault[]) {
    const lines = faults.map(({ file, pointer, detail }) => `  ${file}${pointer && ` ${pointer}`}: ${detail}`)
    super(`The presets in ${folder} can't be used:\n${lines.join('\n')}`)
    this.faults = faults
  }
}

/**
 * The shipped presets, and those of every `*.json` in `folder` if one is given, one preset a file. What lies in a folder
 * inside it belongs to the tenant of that folder's name. Fields that are null may be left out. Gives the book of those who
 * have no tenant. Throws `PresetFaultsError` with all faults at once: no JSON, against the schema, fields that do not fit each
 * other, a name that is shipped or given twice; a folder that can't be read, or has the name of no tenant.
 */
export async function loadPresets(folder?: string): Promise<PresetBook> {
  const shipped = new Map(SHIPPED_PRESETS.map((preset) => [preset.name, preset]))
  if (folder === undefined) return bookOf(shipped, new Map())
  const faults: PresetFault[] = []
  const found = await entriesOf(folder, '')
  const takenBy = new Map(SHIPPED_PRESETS.map(({ name }) => [name, 'ffleet']))
  const common = await presetsIn(folder, found.files, takenBy, faults)
  const ofTenants = new Map<string, Preset[]>()
  for (const tenant of found.folders) {
    if (!new RegExp(TENANT_NAME).test(tenant)) {
      const detail = 'is not the name of a tenant: 1 to 32 lower-case letters, digits and hyphens'
      faults.push({ file: `${tenant}/`, pointer: '', detail })
      continue
    }
    const { files } = await entriesOf(folder, tenant)
    ofTenants.set(tenant, await presetsIn(folder, files, new Map(takenBy), faults))
  }
  if (faults.length > 0) throw new PresetFaultsError(folder, faults)
  return bookOf(withMore(shipped, common), ofTenants)
}

/** Its presets and the folders in it, by name; those that begin with a dot are nobody's. */
async function entriesOf(folder: string, tenant: string): Promise<{ files: string[]; folders: string[] }> {
  const entries = await readdir(join(folder, tenant), { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    const file = tenant === '' ? 'the folder' : `${tenant}/`
    throw new PresetFaultsError(folder, [{ file, pointer: '', detail: `can't be read (${error.code})` }])
  })
  const names = (of: typeof entries) => of.map(({ name }) => posix.join(tenant, name)).sort()
  return {
    files: names(entries.filter(({ name }) => name.endsWith('.json'))),
    folders: names(entries.filter((entry) => !entry.isFile() && isFolder(join(folder, tenant, entry.name)))),
  }
}

/** Also behind a link, as a mounted volume has it. */
function isFolder(path: string): boolean {
  const name = basename(path)
  return (
    !name.startsWith('.') &&
    !name.endsWith('.json') &&
    statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
  )
}

/** Puts each name with its file into `takenBy`. */
async function presetsIn(
  folder: string,
  files: readonly string[],
  takenBy: Map<string, string>,
  faults: PresetFault[],
): Promise<Preset[]> {
  const loaded: Preset[] = []
  for (const file of files) {
    const read = await readPreset(join(folder, file))
    if ('faults' in read) {
      faults.push(...read.faults.map((fault) => ({ file, ...fault })))
      continue
    }
    const { name } = read.preset
    const why = whyNot(name, takenBy.get(name))
    if (why === null) loaded.push(read.preset)
    else faults.push({ file, pointer: '/name', detail: `${name} ${why}` })
    takenBy.set(name, file)
  }
  return loaded.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Why a preset can't have a name; `other`: whose it is already. */
function whyNot(name: string, other: string | undefined): string | null {
  if (name === ARGUMENTS) return 'stands for no preset; take another name'
  if (other === 'ffleet') return 'is a shipped preset; take another name'
  return other === undefined ? null : `is already the preset of ${other}`
}

type ByName = ReadonlyMap<string, Preset>

function withMore(presets: ByName, more: readonly Preset[]): ByName {
  return new Map([...presets, ...more.map((preset) => [preset.name, preset] as const)])
}

function bookOf(common: ByName, ofTenants: ReadonlyMap<string, Preset[]>): PresetBook {
  const bookWith = (presets: ByName): PresetBook => ({
    list: () => [...presets.values()],
    get: (name) => presets.get(name),
    of: (tenant) => (tenant === null ? none : (books.get(tenant) ?? none)),
  })
  const none = bookWith(common)
  const books = new Map([...ofTenants].map(([tenant, more]) => [tenant, bookWith(withMore(common, more))]))
  return none
}
