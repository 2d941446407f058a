/**
 * Another host on this machine: a network, a name and mounts of its own, and one cable to us. What runs there reaches us by
 * our address on the cable alone, and sees of our folders what is mounted there.
 */
import { spawnSync } from 'node:child_process'
import { findExecutable } from '../../src/programs.js'

export type OtherHost = {
  readonly name: string
  /** Ours, as it is reached from there. */
  readonly ourAddress: string
  /** What a command has to begin with to run there; its pid is that of the command. `mounts`: our folders, by where they stand there. */
  command(mounts?: Record<string, string>): string[]
  /** Pulls the cable: what was sent is lost, and nobody is told. */
  unplug(): void
  plugIn(): void
  remove(): void
}

/** `cable`: one of its own for each host that is there at a time. */
export function addHost(name: string, cable = 0): OtherHost {
  const space = `ffleet-${process.pid}-${name}`
  // Names of devices have 15 characters at most.
  const ours = `ff${process.pid}-${cable}`
  const network = `10.213.${7 + cable}`
  run('ip', 'netns', 'add', space)
  const remove = () => {
    spawnSync('ip', ['link', 'delete', ours])
    spawnSync('ip', ['netns', 'delete', space])
  }
  try {
    plug(space, ours, network)
  } catch (error) {
    remove()
    throw error
  }
  return {
    name,
    ourAddress: `${network}.1`,
    command(mounts = {}) {
      const steps = Object.entries(mounts).map(([there, here]) => `mount --bind '${here}' '${there}'`)
      const script = [`hostname ${name}`, ...steps, 'exec "$@"'].join(' && ')
      return ['ip', 'netns', 'exec', space, 'unshare', '--uts', '--mount', 'sh', '-c', script, 'sh']
    },
    unplug: () => run('ip', 'link', 'set', ours, 'down'),
    plugIn: () => run('ip', 'link', 'set', ours, 'up'),
    remove,
  }
}

function plug(space: string, ours: string, network: string): void {
  run('ip', 'link', 'add', ours, 'type', 'veth', 'peer', 'name', 'cable', 'netns', space)
  run('ip', 'address', 'add', `${network}.1/30`, 'dev', ours)
  run('ip', 'link', 'set', ours, 'up')
  for (const device of ['lo', 'cable']) run('ip', '-n', space, 'link', 'set', device, 'up')
  run('ip', '-n', space, 'address', 'add', `${network}.2/30`, 'dev', 'cable')
}

function run(command: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`)
}

/** Whether this user may make one: root with the capabilities, which containers often lack, and the program `ip`. */
export const canHaveHosts: boolean = (() => {
  if (process.getuid?.() !== 0 || findExecutable('ip') === null) return false
  try {
    const host = addHost('probe')
    const { status } = spawnSync('sh', ['-c', '"$@"', 'sh', ...host.command(), 'true'], { stdio: 'ignore' })
    host.remove()
    return status === 0
  } catch {
    return false
  }
})()
