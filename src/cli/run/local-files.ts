/** The files on this machine that `ffleet run` reads and writes. */
import { access, constants, lstat, readdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path'
import { CommandError } from '../exit.js'
import { type OutputChoice, outputNames } from '../request/outputs.js'

/** One output of a run: the preset, and the file or folder that it becomes. */
export type LocalOutput = { preset: string; path: string }

/** The input, links resolved. @throws CommandError when it is no file that can be read. */
export async function localInput(input: string): Promise<string> {
  const path = resolve(input)
  try {
    await access(path, constants.R_OK)
    if ((await stat(path)).isFile()) return await realpath(path)
  } catch (error) {
    const denied = (error as NodeJS.ErrnoException).code === 'EACCES'
    if (denied) throw new CommandError(`The input ${input} may not be read.`, { code: 'INPUT_NOT_READABLE' })
    throw new CommandError(`There is no input ${input}.`, { code: 'INPUT_NOT_FOUND' })
  }
  throw new CommandError(`The input ${input} is not a file.`, { code: 'NOT_A_REGULAR_FILE' })
}

type LocalOutputOptions = { force?: boolean; isRemote?: boolean; sources?: readonly string[] }

/**
 * Where each output goes: its path, a name of its own in a folder that exists, or beside the input as
 * `<input name>.<preset>.<ext>`, the preset counted where it occurs again. The extension of a folder is empty.
 *
 * `force`: what is there may be replaced. `isRemote`: the input is not there yet, and its path says where outputs go and what they are called.
 * `sources`: all that is read; default the input.
 *
 * @throws CommandError where a folder is missing, two outputs have one path, the extension belongs to something else than
 * the preset makes, the input would be overwritten, or something is there already.
 */
export async function localOutputs(
  input: string,
  choices: readonly Pick<OutputChoice, 'path' | 'preset'>[],
  recipes: readonly { extension: string }[],
  { force = false, isRemote = false, sources = isRemote ? [] : [input] }: LocalOutputOptions = {},
): Promise<LocalOutput[]> {
  const outputs: LocalOutput[] = []
  const names = outputNames(choices)
  for (const [i, { path, preset }] of choices.entries()) {
    const { extension } = recipes[i]!
    const ownName = `${basename(input, extname(input))}.${names[i]}${extension && `.${extension}`}`
    const wanted = path === null ? join(dirname(input), ownName) : resolve(path)
    const isFolder = extension !== '' && (await stat(wanted).catch(() => null))?.isDirectory()
    const chosen = isFolder ? join(wanted, ownName) : wanted
    const folder = await realpath(dirname(chosen)).catch(() => {
      throw unwritable(`The folder of the output ${path} does not exist.`)
    })
    const place = join(folder, basename(chosen))
    if (outputs.some((other) => other.path === place)) {
      throw unwritable(`Two outputs would be written to ${place}; name them with -o.`)
    }
    for (const source of sources) {
      if (await isSameFile(place, source))
        throw unwritable('The output would overwrite the input; name another with -o.')
    }
    if (path !== null && !isFolder) requireFitting(path, preset, extension)
    if (!force) await requireFree(place, path ?? ownName)
    outputs.push({ preset, path: place })
  }
  return outputs
}

/** Extensions that say the same; what is in none of them says nothing of what is inside. */
const KINDS = [
  ['mp4', 'm4v', 'm4a'],
  ['mkv', 'mka'],
  ['ogg', 'opus', 'oga'],
  ['jpg', 'jpeg'],
  ...['webm', 'mov', 'mp3', 'aac', 'flac', 'wav', 'png', 'webp', 'gif', 'avi', 'ts', 'm3u8', 'mpd'].map((one) => [one]),
]

/** @throws CommandError when the name says another format than the preset makes; `extension`: that of the preset. */
export function requireFitting(path: string, preset: string, extension: string): void {
  const named = extname(path).slice(1).toLowerCase()
  const kind = KINDS.find((extensions) => extensions.includes(named))
  if (kind === undefined || kind.includes(extension)) return
  const makes = extension === '' ? 'a folder' : `.${extension}`
  throw unwritable(
    `The preset ${preset} makes ${makes}, but "${path}" ends in .${named}; name it otherwise, or choose another preset.`,
  )
}

/** @throws CommandError when something is at the place already, a broken link too. */
export async function requireFree(place: string, shown: string): Promise<void> {
  const there = await lstat(place).catch(() => null)
  if (there !== null) throw unwritable(`${shown} is there already; --force replaces it, -o names another place.`)
}

function unwritable(message: string): CommandError {
  return new CommandError(message, { code: 'OUTPUT_NOT_WRITABLE' })
}

/** Whether a path ends as that of a media file does. */
export function isKnownExtension(path: string): boolean {
  return KINDS.some((extensions) => extensions.includes(extname(path).slice(1).toLowerCase()))
}

async function isSameFile(path: string, input: string): Promise<boolean> {
  const [there, given] = [await stat(path).catch(() => null), await stat(input)]
  return there !== null && there.dev === given.dev && there.ino === given.ino
}

/**
 * The folder that holds all outputs, and their paths in it.
 *
 * @throws CommandError when it may not be written: what is unfinished stands in it.
 */
export async function outputRootOf(outputs: readonly LocalOutput[]): Promise<{ root: string; paths: string[] }> {
  const root = await writableRoot(outputs.map((output) => dirname(output.path)))
  return { root, paths: outputs.map((output) => relative(root, output.path).split(sep).join('/')) }
}

/** The folder that holds all of them. @throws CommandError when it may not be written. */
export async function writableRoot(folders: readonly string[]): Promise<string> {
  const root = folders.reduce(commonFolder)
  try {
    await access(root, constants.W_OK)
  } catch {
    throw unwritable(`The folder ${root} cannot be written.`)
  }
  return root
}

/** The folder that holds both. */
export function commonFolder(a: string, b: string): string {
  const [left, right] = [a.split(sep), b.split(sep)]
  const differs = left.findIndex((part, i) => part !== right[i])
  return (differs < 0 ? left : left.slice(0, differs)).join(sep) || sep
}

/** Folders `<prefix><pid>-…` of processes that are gone: a run that was killed could not put them away. */
export async function leftoversIn(folder: string, prefix: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  return names
    .filter((name) => name.startsWith(prefix) && !isRunning(Number.parseInt(name.slice(prefix.length), 10)))
    .map((name) => join(folder, name))
}

/** What is no pid is left alone: it is not known whose it is. */
function isRunning(pid: number): boolean {
  if (!(pid > 0)) return true
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
