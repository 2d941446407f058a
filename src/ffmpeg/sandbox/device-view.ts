/** What a program needs to use a device beside its node, as options of bwrap. */
import { existsSync, realpathSync, statSync } from 'node:fs'

/** Where drivers of NVIDIA and of WSL tell of themselves; where NixOS has drivers. */
const OF_DRIVERS = ['/proc/driver/nvidia', '/usr/lib/wsl', '/run/opengl-driver']

/** Shows device nodes, and of the kernel's facts those of these devices alone. */
export function deviceView(devices: readonly string[]): string[] {
  if (devices.length === 0) return []
  return [
    ...devices.flatMap((path) => ['--dev-bind-try', path, path]),
    ...devices.flatMap(factsOf),
    ...OF_DRIVERS.filter((path) => existsSync(path)).flatMap((path) => ['--ro-bind-try', path, path]),
  ]
}

/** libdrm finds out by the numbers of a node which card it is of: `/sys/dev/char/226:128/device`. */
function factsOf(path: string): string[] {
  try {
    const { rdev } = statSync(path)
    const [major, minor] = [Math.floor(rdev / 256) & 0xfff, (rdev & 0xff) | ((rdev >> 12) & 0xfff00)]
    const link = `/sys/dev/char/${major}:${minor}`
    if (rdev === 0 || !existsSync(`${link}/device`)) return []
    const card = realpathSync(`${link}/device`)
    return ['--ro-bind-try', card, card, '--symlink', realpathSync(link), link]
  } catch {
    return []
  }
}
