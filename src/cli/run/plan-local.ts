/** What `ffleet run` is to make on this machine, before anything starts: inputs, outputs, and what is skipped. */
import { lstat, mkdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { type Preset, shownUri } from '../../contract/index.js'
import { nearest } from '../../nearest.js'
import { type PresetBook, resolve as resolvePreset } from '../../presets/index.js'
import { CommandError, UsageError } from '../exit.js'
import { findInputs, type InputFile, isUrl, nameOf, type Skipped, stemOf, uriOf } from '../request/inputs.js'
import { isMadeOf, outputNamesOf } from '../request/output-names.js'
import { type OutputChoice, outputNames } from '../request/outputs.js'
import { isKnownExtension, localInput, localOutputs, outputRootOf, writableRoot } from './local-files.js'

export type PlannedRun = { input: string; uri: string; choices: OutputChoice[]; outputPaths: string[] }
/** Runs of one private stack: inputs are in the one folder, outputs go to the other. */
export type Batch = { mediaRoot: string; outputRoot: string; runs: PlannedRun[] }
export type LocalPlan = { batches: Batch[]; skipped: Skipped[] }

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
  { force }: { force: boolean },
): Promise<LocalPlan> {
  const isOne = await isOneFile(words)
  const recipes = choices.map(({ preset, overrides, path }) =>
    resolvePreset(requirePreset(preset, presets), { ...overrides, ...(isOne && path !== null && { path }) }),
  )
  if (!isOne) {
    return planMany(words, choices, recipes, { force, presets: presets.list().map(({ name }) => name) })
  }
  const [word] = words as [string]
  const isRemote = isUrl(word)
  const input = isRemote ? resolve(nameOf(word)) : await localInput(word)
  const outputs = await localOutputs(input, choices, recipes, { force, isRemote })
  const { root, paths } = await outputRootOf(outputs)
  const run: PlannedRun = {
    input: shownUri(word),
    uri: isRemote ? word : uriOf(basename(input)),
    choices: choices.map((choice, i) => ({ ...choice, path: paths[i]! })),
    outputPaths: outputs.map(({ path }) => path),
  }
  return { batches: [{ mediaRoot: dirname(input), outputRoot: root, runs: [run] }], skipped: [] }
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
  { force, presets }: { force: boolean; presets: readonly string[] },
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
    const key = JSON.stringify([input.root, outputRoot])
    const batch = batches.get(key) ?? { mediaRoot: input.root, outputRoot, runs: [] }
    batches.set(key, batch)
    batch.runs.push({
      input: input.shown,
      uri: uriOf(relative(input.root, input.path)),
      choices: choices.map((choice, i) => ({ ...choice, path: relative(outputRoot, outputPaths[i]!) })),
      outputPaths,
    })
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
