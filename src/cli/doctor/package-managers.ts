/** The package managers ffleet can ask, and what they call the things it needs. */
import { findExecutable } from '../../programs.js'
import type { Ingredient } from './finding.js'

export type PackageManager = {
  program: string
  /** Commands to run one after the other, without asking anything. */
  commands(packages: readonly string[]): string[][]
  /** Null: it has none. */
  packages: Record<Ingredient, string | null>
  /** It wants to be run as the user itself, never as root. */
  rootless?: boolean
}

/** They are called the same everywhere. */
const COMMON = {
  bubblewrap: 'bubblewrap',
  nginx: 'nginx',
  caddy: 'caddy',
  prometheus: 'prometheus',
  openssl: 'openssl',
}

const PACKAGE_MANAGERS: readonly PackageManager[] = [
  {
    program: 'apt-get',
    commands: (packages) => [
      ['apt-get', '-o', 'DPkg::Lock::Timeout=300', 'update'],
      ['apt-get', '-o', 'DPkg::Lock::Timeout=300', 'install', '--yes', '--no-install-recommends', ...packages],
    ],
    packages: {
      ...COMMON,
      ffmpeg: 'ffmpeg',
      redis: 'redis-server',
      setpriv: 'util-linux',
      prlimit: 'util-linux',
      chromium: 'chromium',
      ip: 'iproute2',
    },
  },
  {
    program: 'dnf',
    commands: (packages) => [['dnf', 'install', '--assumeyes', ...packages]],
    packages: {
      ...COMMON,
      ffmpeg: 'ffmpeg-free',
      redis: 'redis',
      setpriv: 'util-linux',
      prlimit: 'util-linux',
      chromium: 'chromium',
      ip: 'iproute',
    },
  },
  {
    program: 'apk',
    commands: (packages) => [['apk', 'add', '--no-cache', ...packages]],
    packages: {
      ...COMMON,
      ffmpeg: 'ffmpeg',
      redis: 'redis',
      setpriv: 'setpriv',
      prlimit: 'util-linux-misc',
      chromium: 'chromium',
      ip: 'iproute2',
    },
  },
  {
    program: 'pacman',
    commands: (packages) => [['pacman', '--sync', '--refresh', '--needed', '--noconfirm', ...packages]],
    packages: {
      ...COMMON,
      ffmpeg: 'ffmpeg',
      redis: 'valkey',
      setpriv: 'util-linux',
      prlimit: 'util-linux',
      chromium: 'chromium',
      ip: 'iproute2',
    },
  },
  {
    program: 'zypper',
    commands: (packages) => [['zypper', '--non-interactive', 'install', ...packages]],
    packages: {
      ...COMMON,
      ffmpeg: 'ffmpeg',
      redis: 'redis',
      setpriv: 'util-linux',
      prlimit: 'util-linux',
      chromium: 'chromium',
      ip: 'iproute2',
    },
  },
  {
    program: 'brew',
    commands: (packages) => [['brew', 'install', ...packages]],
    packages: {
      ...COMMON,
      ffmpeg: 'ffmpeg',
      redis: 'redis',
      bubblewrap: null,
      setpriv: null,
      prlimit: null,
      chromium: null,
      ip: null,
    },
    rootless: true,
  },
]

/** The first one that is installed; null for none. */
export function findPackageManager(): PackageManager | null {
  return PACKAGE_MANAGERS.find(({ program }) => findExecutable(program) !== null) ?? null
}

/** What the manager has of these, each once. */
export function packagesFor(manager: PackageManager, ingredients: readonly Ingredient[]): string[] {
  const names = ingredients.map((ingredient) => manager.packages[ingredient])
  return [...new Set(names.filter((name) => name !== null))]
}
