/** What `ffleet run` is to make on this machine, before anything starts: inputs, outputs, and what is skipped. */
import { lstat, mkdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { type JobRequest, namedFiles, type Preset, renameFiles, shownUri } from '../../contract/index.js'
import { nearest } from '../../nearest.js'
import { type PresetBook, resolve as resolvePreset } from '../../presets/index.js'
import { CommandError, UsageError } from '../exit.js'
import { findInputs, type InputFile, isUrl, nameOf, type Skipped, stemOf, uriOf } from '../request/inputs.js'
import { type JobSettings, jobRequest } from '../request/job-request.js'
import { isMadeOf, outputNamesOf } from '../request/output-names.js'
import { type OutputChoice, outputNames } from '../request/outputs.js'
import { commonFolder, isKnownExtension, localInput, localOutputs, outputRootOf, writableRoot } from './local-files.js'

export type PlannedRun = { input: string; request: JobRequest; outputPaths: string[] }
/** Runs of one private stack: all that is read lies in the one folder, outputs go to the other. */
export type Batch = { mediaRoot: string; outputRoot: string; runs: PlannedRun[] }
export type LocalPlan = { batches: Batch[]; skipped: Skipped[] }
/** `isJoined`: one run of all inputs, played one after another. `settings`: of every run. */
export type LocalOptions = { force: boolean; isJoined: boolean; settings: JobSettings }

/** Whether the words mean one file alone, whose outputs may be named. */
export async function isOneFile(words: readonly string[]): Promise<boolean> {
  if (words.length !== 1) return false
  return !(await stat(resolve(words[0]!)).catch(() => null))?.isDirectory()
}

/** @throws CommandError, UsageError or FfleetError with whatever stands against the run. */
export async function planLocal(
  words: readonly string[],
  choices: readonly OutputChoice[],
  presets: PresetBook,
  options: LocalOptions,
): Promise<LocalPlan> {
  const isOne = options.isJoined || (await isOneFile(words))
  const recipes = choices.map(({ preset, overrides, path }) =>
    resolvePreset(requirePreset(preset, presets), { ...overrides, ...(isOne && path !== null && { path }) }),
  )
  if (!isOne) {
    return planMany(words, choices, recipes, { ...options, presets: presets.list().map(({ name }) => name) })
  }
  return planOne(words, choices, recipes, options)
}

async function planOne(
  words: readonly string[],
  choices: readonly OutputChoice[],
  recipes: readonly Preset[],
  { force, isJoined, settings }: LocalOptions,
): Promise<LocalPlan> {
  const { inputs, skipped } = isJoined ? await joinedInputs(words) : { inputs: words, skipped: [] }
  const [first] = inputs
  if (first === undefined) throw new CommandError('There is no media to join.', { code: 'INPUT_NOT_FOUND' })
  const isRemote = isUrl(first)
  const input = isRemote ? resolve(nameOf(first)) : await localInput(first)
  const files = await localFiles(jobRequest(isJoined ? inputs : first, choices, settings))
  const sources = [...files.values()]
  const outputs = await localOutputs(input, choices, recipes, { force, isRemote, sources })
  const { root, paths } = await outputRootOf(outputs)
  const asked = choices.map((choice, i) => ({ ...choice, path: paths[i]! }))
  const mediaRoot = mediaRootOf(files) ?? dirname(input)
  const run: PlannedRun = {
    input: inputs.map(shownUri).join(' + '),
    request: within(mediaRoot, files, jobRequest(isJoined ? inputs : first, asked, settings)),
    outputPaths: outputs.map(({ path }) => path),
  }
  return { batches: [{ mediaRoot, outputRoot: root, runs: [run] }], skipped }
}

/** What the words mean where it is played as one: also a file that is named again, and the media of folders. */
async function joinedInputs(words: readonly string[]): Promise<{ inputs: string[]; skipped: Skipped[] }> {
  const inputs: string[] = []
  const skipped: Skipped[] = []
  for (const word of words) {
    if (isUrl(word)) inputs.push(word)
    else {
      const found = await findInputs([word])
      inputs.push(...found.inputs.map(({ path }) => path))
      skipped.push(...found.skipped)
    }
  }
  return { inputs, skipped }
}

/** Where each file lies that a request names by a path of this machine, links resolved. @throws CommandError when it is none that can be read. */
async function localFiles(request: JobRequest): Promise<Map<string, string>> {
  const typed = namedFiles(request).flatMap(({ uri }) => (isUrl(uri) ? [] : uri))
  return new Map(await Promise.all(typed.map(async (uri) => [uri, await localInput(uri)] as const)))
}

/** The folder that holds all of them; null where there is none. */
function mediaRootOf(files: ReadonlyMap<string, string>): string | null {
  const [first, ...others] = [...files.values()].map((path) => dirname(path))
  return first === undefined ? null : others.reduce(commonFolder, first)
}

/** The request as a stack is sent it whose media root that is. */
function within(mediaRoot: string, files: ReadonlyMap<string, string>, request: JobRequest): JobRequest {
  return renameFiles(request, (uri) => {
    const path = files.get(uri)
    return path === undefined ? uri : uriOf(relative(mediaRoot, path))
  })
}

/** @throws CommandError PRESET_NOT_FOUND that names those that there are. */
export function requirePreset(name: string, presets: PresetBook): Preset {
  const preset = presets.get(name)
  if (preset !== undefined) return preset
  const known = presets.list().map((one) => one.name)
  const meant = nearest(name, known, 3)
  const near = meant.length > 0 ? `; did you mean ${meant.join(' or ')}?` : '.'
  throw new CommandError(`There is no preset "${name}"${near} There are: ${known.join(', ')}.`, {
    code: 'PRESET_NOT_FOUND',
  })
}

async function planMany(
  words: readonly string[],
  choices: readonly OutputChoice[],
  recipes: readonly Preset[],
  { force, settings, presets }: LocalOptions & { presets: readonly string[] },
): Promise<LocalPlan> {
  const elsewhere = words.find(isUrl)
  if (elsewhere !== undefined) {
    throw new UsageError(
      `${shownUri(elsewhere)} is run alone; several inputs are files and folders, or jobs of a server.`,
    )
  }
  const found = await findInputs(words)
  const folders = await Promise.all(choices.map(({ path }) => (path === null ? null : outputFolder(path))))
  const names = outputNames(choices)
  const stems = stemsByFolder(found.inputs)
  const { skipped } = found
  const inputs = found.inputs.filter((input) => {
    if (!isMadeOf(input.path, stems.get(input.beside)!, [...names, ...presets])) return true
    skipped.push({ input: input.shown, reason: 'an output of another input' })
    return false
  })
  const places = outputNamesOf(
    inputs.flatMap((input) =>
      choices.map((_, i) => ({
        folder: folders[i] ? join(folders[i], input.below) : input.beside,
        input: basename(input.shown),
        name: names[i]!,
        extension: recipes[i]!.extension,
      })),
    ),
  )
  const [first] = inputs
  const further: Map<string, string> =
    first === undefined ? new Map() : await localFiles(jobRequest(first.path, choices, settings))
  if (first !== undefined) further.delete(first.path)
  const besides = mediaRootOf(further)
  const batches = new Map<string, Batch>()
  const named = folders.filter((folder) => folder !== null)
  for (const [n, input] of inputs.entries()) {
    const outputPaths = places.slice(n * choices.length, (n + 1) * choices.length)
    const there = force ? [] : await onlyThere(outputPaths)
    if (there.length > 0) {
      skipped.push({ input: input.shown, reason: `${shownOf(there[0]!)} is there already; --force replaces it` })
      continue
    }
    // Beside their inputs the outputs lie in the same folder as those; else in the folders that were named.
    const beside = named.length < folders.length ? [input.root === dirname(input.path) ? input.beside : input.root] : []
    const outputRoot = await writableRoot([...named, ...beside])
    const mediaRoot = besides === null ? input.root : commonFolder(input.root, besides)
    const key = JSON.stringify([mediaRoot, outputRoot])
    const batch = batches.get(key) ?? { mediaRoot, outputRoot, runs: [] }
    batches.set(key, batch)
    const asked = choices.map((choice, i) => ({ ...choice, path: relative(outputRoot, outputPaths[i]!) }))
    const files = new Map([...further, [input.path, input.path]])
    const request = within(mediaRoot, files, jobRequest(input.path, asked, settings))
    batch.runs.push({ input: input.shown, request, outputPaths })
  }
  return { batches: [...batches.values()], skipped }
}

/** Names of the inputs without extension, by the folder that they lie in. */
export function stemsByFolder(inputs: readonly InputFile[]): Map<string, Set<string>> {
  const stems = new Map<string, Set<string>>()
  for (const { beside, path } of inputs) {
    const there = stems.get(beside) ?? new Set()
    stems.set(beside, there)
    there.add(stemOf(path))
  }
  return stems
}

/** The folder that `-o` names where there are several inputs; made when it is missing. */
async function outputFolder(path: string): Promise<string> {
  const isFolder = (await stat(resolve(path)).catch(() => null))?.isDirectory()
  if (!isFolder && !path.endsWith('/') && isKnownExtension(path)) {
    throw new UsageError(`With several inputs -o names a folder; "${path}" is the name of a file.`)
  }
  try {
    await mkdir(resolve(path), { recursive: true })
    return await realpath(resolve(path))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const what = code === 'EEXIST' || code === 'ENOTDIR' ? 'is no folder' : 'cannot be made'
    throw new CommandError(`With several inputs -o names a folder; ${path} ${what}.`, { code: 'OUTPUT_NOT_WRITABLE' })
  }
}

async function onlyThere(paths: readonly string[]): Promise<string[]> {
  const facts = await Promise.all(paths.map((path) => lstat(path).catch(() => null)))
  return paths.filter((_, i) => facts[i] !== null)
}

function shownOf(path: string): string {
  const near = relative(process.cwd(), path)
  return near.startsWith('..') ? path : near
}
