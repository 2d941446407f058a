/** The part of the system that programs need to run, as options of bwrap: programs, libraries, fonts. All of it read-only. */
import { execFile } from 'node:child_process'
import { existsSync, lstatSync, readdirSync, readlinkSync, realpathSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { promisify } from 'node:util'

/** Links into /usr on most systems, folders of their own on others. */
const BESIDE_USR = /^(?:bin|sbin|lib(?:32|64|x32)?)$/
/** Where systems without a /usr keep all their programs. */
const STORES = ['/nix/store', '/gnu/store']
/** What finds libraries and fonts; nothing that tells of users, hosts or secrets. */
const ETC = /^(?:ld\.so\.cache|ld-musl-.*\.path|alternatives|fonts)$/
/** No /dev/zero: shared, it is memory without a limit. */
const DEVICES = ['/dev/null', '/dev/random', '/dev/urandom']
/** How many processors there are, and where: without, x265 does not know, and encodes in one thread. */
const PROCESSORS = ['/sys/devices/system/cpu', '/sys/devices/system/node']

/** Shows what every program may need. */
export function systemView(): string[] {
  const beside = readdirSync('/').filter((name) => BESIDE_USR.test(name))
  const folders = ['/usr', ...STORES].filter((path) => existsSync(path))
  const processors = PROCESSORS.filter((path) => existsSync(path))
  const etc = readdirSync('/etc').filter((name) => ETC.test(name))
  return [
    ...folders.flatMap(shown),
    ...beside
      .map((name) => join('/', name))
      .flatMap((path) => (lstatSync(path).isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : shown(path))),
    ...etc.map((name) => join('/etc', name)).flatMap(shown),
    ...processors.flatMap(shown),
    ...DEVICES.flatMap((path) => ['--dev-bind-try', path, path]),
  ]
}

/**
 * Shows a program that lies elsewhere, with its folder and the libraries that it is linked to. A folder that holds one of
 * `hidden` is not shown; then there is only the program.
 */
export async function programView(program: string, hidden: readonly string[]): Promise<string[]> {
  const places = [...new Set([program, realpathSync(program)])]
  const own = places.filter(isElsewhere).map((path) => {
    const folder = dirname(path)
    return [...hidden, '/'].some((path) => isWithin(folder, path)) ? path : folder
  })
  // What lies in /usr has its libraries there, unless it is told of others; to ask takes longer than to start.
  const mayHaveOthers = own.length > 0 || Boolean(process.env.LD_LIBRARY_PATH)
  const libraries = mayHaveOthers ? (await librariesOf(program)).filter(isElsewhere) : []
  return [...new Set([...own, ...libraries])].flatMap(shown)
}

function shown(path: string): string[] {
  return ['--ro-bind', path, path]
}

function isElsewhere(path: string): boolean {
  const [, top = ''] = path.split(sep)
  return top !== 'usr' && !BESIDE_USR.test(top) && !STORES.some((store) => isWithin(store, path))
}

function isWithin(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}

/** None of a script, of a program without any, and where there is no ldd. */
async function librariesOf(program: string): Promise<string[]> {
  const said = await promisify(execFile)('ldd', [program], { timeout: 10_000 }).catch(() => ({ stdout: '' }))
  return [...said.stdout.matchAll(/(?:^\s*|=> )(\/\S+) \(0x/gm)].map(([, path]) => path!)
}
