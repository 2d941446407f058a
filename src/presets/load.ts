import { statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, extname, join, posix } from 'node:path'
import { ARGUMENTS, type Preset, TENANT_NAME } from '../contract/index.js'
import { type Made, makePreset, type Source, sourceOf } from './extend.js'
import { type Fault, PRESET_EXTENSIONS, readFields } from './read-fields.js'
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
    super(`The presets in ${folder} can't be used:\n${faults.map((fault) => `  ${faultLine(fault)}`).join('\n')}`)
    this.faults = faults
  }
}

/** As compilers say it, so that editors find the place. */
export function faultLine({ file, pointer, detail, place }: PresetFault): string {
  return `${file}${place === null ? '' : `:${place.line}:${place.column}`}${pointer && ` ${pointer}`}: ${detail}`
}

/**
 * The shipped presets, and those of every `*.json`, `*.yaml` and `*.yml` in `folder` if one is given, one preset a file, which may extend
 * another. What lies in a folder inside it belongs to the tenant of that folder's name, and may extend what is common to all.
 * Fields that are null may be left out. Gives the book of those who have no tenant. Throws `PresetFaultsError` with all faults at once:
 * neither JSON nor YAML, against the schema, fields that do not fit each other, a name that is shipped or given twice, a preset to extend that
 * is not there; a folder that can't be read, or has the name of no tenant.
 */
export async function loadPresets(folder?: string): Promise<PresetBook> {
  const shipped = new Map(SHIPPED_PRESETS.map((preset) => [preset.name, preset]))
  if (folder === undefined) return bookOf(shipped, new Map())
  const { made, faults } = await readFolder(folder)
  if (faults.length > 0) throw new PresetFaultsError(folder, faults)
  const of = (tenant: string | null) => {
    const presets = made.filter((each) => each.tenant === tenant).map(({ preset }) => preset)
    return presets.sort((a, b) => (a.name < b.name ? -1 : 1))
  }
  const tenants = new Set(made.map(({ tenant }) => tenant).filter((tenant) => tenant !== null))
  return bookOf(withMore(shipped, of(null)), new Map([...tenants].map((tenant) => [tenant, of(tenant)])))
}

/** A preset of the operator; `file` is relative to the folder, `tenant` null for what is common. */
export type OwnPreset = Made & { file: string; tenant: string | null }

/**
 * What is in a folder of presets, and all that stands against it. `tenants`: also in the folders inside it.
 *
 * @throws PresetFaultsError where it can't be read.
 */
export async function readFolder(
  folder: string,
  { tenants = true } = {},
): Promise<{ made: OwnPreset[]; faults: PresetFault[] }> {
  const made: OwnPreset[] = []
  const faults: PresetFault[] = []
  const found = await entriesOf(folder, '')
  const shipped = new Map(SHIPPED_PRESETS.map((preset) => [preset.name, sourceOf(preset)]))
  const common = await add(null, found.files, shipped)
  for (const tenant of tenants ? found.folders : []) {
    if (!new RegExp(TENANT_NAME).test(tenant)) {
      const detail = 'is not the name of a tenant: 1 to 32 lower-case letters, digits and hyphens'
      faults.push({ file: `${tenant}/`, pointer: '', detail, place: null })
      continue
    }
    await add(tenant, (await entriesOf(folder, tenant)).files, common)
  }
  return { made, faults }

  /** Makes the presets of the files, and gives them with what they may extend. */
  async function add(tenant: string | null, files: readonly string[], more: ReadonlyMap<string, Source>) {
    const { sources, known } = await sourcesIn(folder, files, more, faults)
    for (const { source, nameFault } of sources) {
      const { file } = source
      const one = makePreset(source, known)
      const against = [nameFault ?? [], 'faults' in one ? one.faults : []].flat()
      if (against.length > 0) faults.push(...against.map((fault) => ({ file, ...fault })))
      else made.push({ ...(one as Made), file, tenant })
    }
    return known
  }
}

/** Its presets and the folders in it, by name; those that begin with a dot are nobody's. */
async function entriesOf(folder: string, tenant: string): Promise<{ files: string[]; folders: string[] }> {
  const entries = await readdir(join(folder, tenant), { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    const file = tenant === '' ? 'the folder' : `${tenant}/`
    throw new PresetFaultsError(folder, [{ file, pointer: '', detail: `can't be read (${error.code})`, place: null }])
  })
  const names = (of: typeof entries) => of.map(({ name }) => posix.join(tenant, name)).sort()
  return {
    files: names(entries.filter(({ name }) => isPreset(name))),
    folders: names(entries.filter((entry) => !entry.isFile() && isFolder(join(folder, tenant, entry.name)))),
  }
}

/** Also behind a link, as a mounted volume has it. */
function isFolder(path: string): boolean {
  const name = basename(path)
  return !name.startsWith('.') && !isPreset(name) && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

function isPreset(name: string): boolean {
  return PRESET_EXTENSIONS.some((extension) => extension === extname(name))
}

/** What the files hold. `known`: `more` and what has a name of its own, by that. */
async function sourcesIn(
  folder: string,
  files: readonly string[],
  more: ReadonlyMap<string, Source>,
  faults: PresetFault[],
): Promise<{ sources: { source: Source; nameFault: Fault | null }[]; known: Map<string, Source> }> {
  const sources: { source: Source; nameFault: Fault | null }[] = []
  const known = new Map(more)
  for (const file of files) {
    const read = await readFields(join(folder, file))
    if ('faults' in read) {
      faults.push(...read.faults.map((fault) => ({ file, ...fault })))
      continue
    }
    const source = { file, ...read }
    const { name } = read.fields
    const why = typeof name === 'string' ? whyNot(name, known.get(name)?.file) : null
    const nameFault = why === null ? null : { pointer: '/name', detail: `${name} ${why}`, place: read.place('/name') }
    sources.push({ source, nameFault })
    if (typeof name === 'string' && nameFault === null) known.set(name, source)
  }
  return { sources, known }
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
