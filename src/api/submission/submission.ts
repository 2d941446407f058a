/** From a request that has the right shape to a job that can run, or to everything that stands against it. */
import { posix } from 'node:path'
import {
  type ArgumentsRecipe,
  DEFAULT_PROGRESS_INTERVAL_MS,
  DEFAULT_WEBHOOK_EVENTS,
  FfleetError,
  isSequence,
  type JobRequest,
  type NamedFile,
  type NormalizedInput,
  type NormalizedJob,
  type NormalizedOutput,
  namedFiles,
  namesJob,
  namesUpload,
  type OutputRequest,
  type Preset,
  remoteScheme,
} from '../../contract/index.js'
import type { Font } from '../../fonts/index.js'
import { nearest } from '../../nearest.js'
import type { AllowedNetworks } from '../../outbound/index.js'
import { type PresetBook, resolve as resolvePreset } from '../../presets/index.js'
import type { RemoteStore } from '../../remote/index.js'
import type { InputFile, OutputPlace, Storage } from '../../storage/index.js'
import { urlFault } from '../../webhooks/index.js'
import { type CommandPermission, commandOf, recipesOf } from './command.js'
import { letterFaults, watermarksOfPresets } from './drawn.js'
import { earlyFaults } from './early.js'
import { fieldName, pointerStep } from './explain.js'
import { type Fault, faultOf, refusal } from './faults.js'
import { faultsOfSequence, normalizeInputs } from './inputs.js'
import { type DeliveredFile, type KnownJobs, predecessorsOf, resolveDelivery } from './predecessors.js'
import { splitFaults } from './split.js'
import { type KnownUploads, resolveUpload, type UploadedFile } from './uploads.js'

export type SubmissionOptions = {
  inputs: Pick<Storage['inputs'], 'resolve'>
  /** Inputs that lie elsewhere. */
  remote: Pick<RemoteStore, 'check'>
  outputs: Storage['outputs']
  presets: PresetBook
  /** That workers draw text with. */
  font: Pick<Font, 'lacks'>
  /** Whether who asks may send ffmpeg's arguments; else why not. */
  arguments: CommandPermission
  /** The job that an output path belongs to. */
  ownerOf: (path: string) => Promise<string | null>
  /** Those that whoever asks may see. */
  jobs: KnownJobs
  uploads: KnownUploads
  /** Networks that webhooks may lead to though they are not public. */
  webhookNetworks: AllowedNetworks
}

/** A file that is here, one that a job delivers, or one that is yet to be fetched. */
type NamedInput = InputFile | DeliveredFile | UploadedFile | RemoteFile
type RemoteFile = { path: null; bytes: null }

/** Space for `-16` behind a name that is made from a preset's. */
const MADE_NAME_LENGTH = 60

/**
 * Looks presets up, merges overrides, decides names and paths, and makes sure that the input is there and the outputs
 * may be written.
 *
 * @throws FfleetError with every fault that can be told at once: under its own code when all have the same, else under
 * INVALID_REQUEST.
 */
export async function normalizeRequest(request: JobRequest, options: SubmissionOptions): Promise<NormalizedJob> {
  const faults: Fault[] = []
  const inputs = normalizeInputs(request, faults)
  const byArguments = recipesOf(request, options.arguments, faults)
  const recipes = byArguments ?? request.outputs.map((output, i) => recipeOf(output, i, options.presets, faults))
  const [input, ...further] = inputs
  const isSeveral = further.length > 0
  if (isSequence({ input, inputs })) faults.push(...faultsOfSequence(recipes, inputs))
  faults.push(...splitFaults(request, recipes))
  faults.push(...earlyFaults(recipes, options.outputs))
  const names = namesOf(request.outputs, faults)
  faults.push(...tagFaults(request.tags ?? {}))
  const webhook = webhookOf(request, options.webhookNetworks, faults)
  const after = await predecessorsOf(request, options.jobs, faults)
  const resolve = async (uri: string): Promise<NamedInput> => {
    if (remoteScheme(uri) !== null) return checkRemote(uri, options.remote)
    if (namesJob(uri)) return resolveDelivery(uri, options.jobs)
    return namesUpload(uri) ? resolveUpload(uri, options.uploads) : options.inputs.resolve(uri)
  }
  faults.push(...letterFaults(request, recipes, options.font))
  const named = [...namedFiles(request), ...watermarksOfPresets(request, recipes, faults)]
  const files = await findFiles(named, resolve, faults)
  await checkKeys(recipes, options.remote, faults)
  const paths = await pathsOf(request.outputs, recipes, [...files.values()], options, faults)
  if (faults.length > 0) throw refusal(faults)
  const called = (each: NormalizedInput) => withName(each, files.get(each.uri)!)
  return {
    input: called(input),
    ...(isSeveral && { inputs: inputs.map(called) }),
    inputBytes: bytesOf(files, byArguments ? [input.uri] : [...files.keys()]),
    outputs: request.outputs.map(({ preset, onExists, split = 'never' }, i): NormalizedOutput => {
      const replaces = onExists === 'replace'
      const placed = { path: paths[i]!, onExists: replaces ? ('replace' as const) : ('fail' as const) }
      return { name: names[i]!, preset, recipe: recipes[i]!, ...placed, ...(split !== 'never' && { split }) }
    }),
    priority: request.priority ?? 0,
    maxAttempts: request.maxAttempts ?? 3,
    timeoutMs: request.timeoutMs ?? null,
    delayMs: request.delayMs ?? 0,
    ...(after.length > 0 && { after }),
    tags: request.tags ?? {},
    webhook,
    ...(byArguments && { command: commandOf(request) }),
  }
}

function webhookOf({ webhook }: JobRequest, networks: AllowedNetworks, faults: Fault[]): NormalizedJob['webhook'] {
  if (webhook === undefined) return null
  const fault = urlFault(webhook.url, networks)
  if (fault) faults.push({ ...fault, pointer: '/webhook/url' })
  return {
    url: webhook.url,
    events: [...new Set(webhook.events ?? DEFAULT_WEBHOOK_EVENTS)],
    progressIntervalMs: webhook.progressIntervalMs ?? DEFAULT_PROGRESS_INTERVAL_MS,
  }
}

function recipeOf(output: OutputRequest, i: number, presets: PresetBook, faults: Fault[]): Preset | null {
  const preset = presets.get(output.preset)
  if (preset === undefined) {
    const names = presets.list().map(({ name }) => name)
    const meant = nearest(output.preset, names, 3)
    const detail = `There is no preset \`${output.preset}\`${meant.length > 0 ? `; near it are ${meant.join(', ')}` : ''}.`
    faults.push({ code: 'PRESET_NOT_FOUND', pointer: `/outputs/${i}/preset`, detail })
    return null
  }
  try {
    return resolvePreset(preset, output)
  } catch (error) {
    if (!(error instanceof FfleetError)) throw error
    for (const { pointer, detail } of error.errors) {
      const at = `/outputs/${i}${pointer}`
      faults.push({ code: error.code, pointer: at, detail: `${fieldName(at)}: ${detail}.` })
    }
    return null
  }
}

/** Given names, and for the others the preset's, numbered from the second on. */
function namesOf(outputs: OutputRequest[], faults: Fault[]): string[] {
  const taken = new Set<string>()
  for (const [i, { name }] of outputs.entries()) {
    if (name === undefined) continue
    if (taken.has(name)) {
      const detail = `\`outputs[${i}].name\` is \`${name}\`, as that of another output; names are unique in a job.`
      faults.push({ code: 'INVALID_REQUEST', pointer: `/outputs/${i}/name`, detail })
    }
    taken.add(name)
  }
  return outputs.map((output) => {
    if (output.name !== undefined) return output.name
    const base = output.preset.slice(0, MADE_NAME_LENGTH)
    let made = base
    for (let n = 2; taken.has(made); n++) made = `${base}-${n}`
    taken.add(made)
    return made
  })
}

/** What the schema cannot say of tags: their keys become parts of `tag.<key>` in a query. */
function tagFaults(tags: Record<string, string>): Fault[] {
  return Object.entries(tags).flatMap(([key, value]): Fault[] => {
    const fault = (detail: string): Fault[] => [
      { code: 'INVALID_REQUEST', pointer: `/tags${pointerStep(key)}`, detail },
    ]
    if (key === '' || [...key].length > 64) return fault('The name of a tag must have 1 to 64 characters.')
    if (/[\p{Cc}\p{Cs}]/u.test(key)) return fault('The name of a tag may not hold control characters.')
    return typeof value === 'string' ? [] : fault(`${fieldName(`/tags${pointerStep(key)}`)} must be text.`)
  })
}

/** What is behind it, the worker sees that fetches it. */
async function checkRemote(uri: string, remote: SubmissionOptions['remote']): Promise<RemoteFile> {
  await remote.check(uri)
  return { path: null, bytes: null }
}

/** Where keys of encryption are to be had; the worker sees what is there. */
async function checkKeys(
  recipes: readonly (Preset | ArgumentsRecipe | null)[],
  remote: SubmissionOptions['remote'],
  faults: Fault[],
): Promise<void> {
  for (const [i, recipe] of recipes.entries()) {
    const keyUri = recipe === null || recipe.kind === 'arguments' ? undefined : recipe.ladder?.encryption?.keyUri
    if (keyUri === undefined) continue
    const pointer = `/outputs/${i}/ladder/encryption/keyUri`
    await remote.check(keyUri).catch((error) => faults.push(faultOf(error, pointer)))
  }
}

/** Those that are there, by their names. */
async function findFiles(
  named: readonly NamedFile[],
  resolve: (uri: string) => Promise<NamedInput>,
  faults: Fault[],
): Promise<Map<string, NamedInput>> {
  const files = new Map<string, NamedInput>()
  for (const { uri, pointer } of named) {
    if (files.has(uri)) continue
    try {
      files.set(uri, await resolve(uri))
    } catch (error) {
      faults.push(faultOf(error, pointer))
    }
  }
  return files
}

/** What is sent has a name that its URI does not tell. */
function withName(input: NormalizedInput, file: NamedInput): NormalizedInput {
  return 'name' in file && file.name !== null ? { ...input, name: file.name } : input
}

/** Of all together; null where that of one is not known. */
function bytesOf(files: ReadonlyMap<string, NamedInput>, uris: readonly string[]): number | null {
  const sizes = uris.map((uri) => files.get(uri)?.bytes ?? null)
  return sizes.includes(null) ? null : sizes.reduce<number>((sum, bytes) => sum + bytes!, 0)
}

/** The requested paths, normalized, or free ones near them; null where the job's id will make one. */
async function pathsOf(
  outputs: OutputRequest[],
  recipes: (Preset | ArgumentsRecipe | null)[],
  inputs: readonly NamedInput[],
  { outputs: places, ownerOf }: SubmissionOptions,
  faults: Fault[],
): Promise<(string | null)[]> {
  const given: { i: number; path: string }[] = []
  const paths: (string | null)[] = []
  for (const [i, { path, onExists = 'fail' }] of outputs.entries()) {
    paths.push(null)
    if (path === undefined) continue
    try {
      const folder = recipes[i]?.extension === ''
      const isFree = async ({ relative, taken }: OutputPlace) => !taken && (await ownerOf(relative)) === null
      const replaced = { inputs: inputs.filter((input) => 'inode' in input) }
      let place = await places.resolve(path, { folder, ...replaced })
      // One that is yet to be made, or to be looked up, is known by its path.
      if (inputs.some((input) => !('inode' in input) && input.path === place.relative)) throw theInput()
      if (onExists === 'fail' && !(await isFree(place))) {
        throw somethingThere(i, place.relative, await ownerOf(place.relative))
      }
      const sharers = () => given.find((each) => contains(each.path, place.path) || contains(place.path, each.path))
      for (let n = 2; onExists === 'rename' && (sharers() || !(await isFree(place))); n++) {
        place = await places.resolve(numbered(path, n), { folder, ...replaced })
      }
      const other = sharers()
      if (other) faults.push(sharedPlace(i, other.i))
      given.push({ i, path: place.path })
      paths[i] = place.relative
    } catch (error) {
      faults.push(faultOf(error, `/outputs/${i}/path`))
    }
  }
  return paths
}

/** `a/b.mp4` becomes `a/b-2.mp4`, a folder `a/b` becomes `a/b-2`. */
function numbered(path: string, n: number): string {
  const { dir, name, ext } = posix.parse(path)
  return posix.join(dir, `${name}-${n}${ext}`)
}

function somethingThere(i: number, path: string, owner: string | null): FfleetError {
  const what = owner === null ? 'Something that no job of this fleet owns' : `Job ${owner}`
  const has = owner === null ? 'is at' : 'has'
  return new FfleetError('OUTPUT_EXISTS', `${what} ${has} the path of \`outputs[${i}]\`, ${path}.`)
}

function theInput(): FfleetError {
  return new FfleetError('INVALID_REQUEST', 'The output path is the input itself.')
}

function contains(folder: string, path: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}

function sharedPlace(i: number, other: number): Fault {
  const detail = `\`outputs[${i}].path\` is the place of \`outputs[${other}]\`, or one lies inside the other; give each its own.`
  return { code: 'INVALID_REQUEST', pointer: `/outputs/${i}/path`, detail }
}
