/**
 * Runs a compose service without Docker: the same command, variables, user and volumes, on a file system that holds what
 * the image holds and cannot be written, without capabilities. bubblewrap makes it; the services share one network.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readImage, type Service } from './compose.js'
import { waitFor } from './wait-for.js'

const root = join(import.meta.dirname, '../..')
/** On a machine that does much else. */
const START = { timeout: 90_000, interval: 500 }
/** The user `redis` of its image, and that of ours. */
const USERS = { redis: 999, ffleet: 1000 }

export type Container = {
  readonly output: () => string
  readonly child: ChildProcess
  /** SIGTERM to the service itself, as `docker compose stop` sends it; resolves with the exit code. */
  stop(): Promise<number | null>
  readonly ended: Promise<number | null>
}
export type Done = { code: number | null; stdout: string; stderr: string }

/** One machine with containers on it. Only root can be it. */
export class ContainerHost {
  readonly folder: string
  readonly #network: ChildProcess
  readonly #containers: Container[] = []

  private constructor(folder: string, network: ChildProcess) {
    this.folder = folder
    this.#network = network
  }

  /** Services find each other by their names. */
  static async start(folder: string, names: readonly string[]): Promise<ContainerHost> {
    const hosts = join(folder, 'hosts')
    writeFileSync(hosts, names.map((name) => `127.0.0.1 ${name}\n`).join(''))
    const script = `ip link set lo up && mount --bind '${hosts}' /etc/hosts && echo up && exec sleep infinity`
    const network = spawn('unshare', ['--net', '--mount', 'sh', '-c', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(network.stdout!, 'data')
    return new ContainerHost(folder, network)
  }

  /** The folder that a named volume is; it belongs to the user of the image, as Docker makes it. */
  volume(name: string, uid = USERS.ffleet): string {
    const path = join(this.folder, name)
    mkdirSync(path, { recursive: true })
    chownSync(path, uid, uid)
    return path
  }

  /** Starts a service; `command` stands in the place of its own, as for `docker compose exec` and health checks. */
  start(service: Service, command: readonly string[] = service.command): Container {
    const child = this.#spawn(this.#argvOf(service, command), this.#variablesOf(service))
    let text = ''
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
    }
    const ended = once(child, 'close').then(([code]) => code as number | null)
    const stop = () => {
      // Outside of it stands bubblewrap, whose one child it is.
      process.kill(Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')), 'SIGTERM')
      return ended
    }
    const container: Container = { child, output: () => text, ended, stop }
    this.#containers.push(container)
    return container
  }

  async run(service: Service, command: readonly string[]): Promise<Done> {
    return this.#done(this.#spawn(this.#argvOf(service, command), this.#variablesOf(service)))
  }

  /** Outside of the containers, where their ports are reached. */
  async outside(command: readonly string[], env: Record<string, string> = {}): Promise<Done> {
    return this.#done(this.#spawn([...command], { ...env, PATH: process.env.PATH! }))
  }

  /** Until its own health check says so. */
  async healthy(service: Service, container: Container): Promise<void> {
    const { test } = service.healthcheck
    await waitFor(async () => {
      if (container.child.exitCode !== null) throw new Error(`It ended: ${container.output()}`)
      const { code, stdout, stderr } = await this.run(service, test.slice(1))
      if (code !== 0) throw new Error(`${stdout}${stderr}\n${container.output()}`)
    }, START)
  }

  async stop(): Promise<void> {
    for (const { child } of this.#containers) child.kill('SIGKILL')
    await Promise.all(this.#containers.map(({ ended }) => ended))
    this.#network.kill('SIGKILL')
  }

  #argvOf(service: Service, [program, ...args]: readonly string[]): string[] {
    const isOurs = service.image === 'ffleet'
    const uid = String(isOurs ? USERS.ffleet : USERS.redis)
    const isProgram = ['node', 'redis-server', 'redis-cli'].includes(program!)
    const entry = isProgram
      ? [program!]
      : ['node', '/app/dist/src/cli/main.js', ...(program === 'ffleet' ? [] : [program!])]
    const user = ['setpriv', '--reuid', uid, '--regid', uid, '--clear-groups']
    return [...user, ...this.#enclosure(service), ...entry, ...args]
  }

  #enclosure({ image, volumes, tmpfs = [] }: Service): string[] {
    const system = ['/usr', '/etc'].flatMap((path) => ['--ro-bind', path, path])
    const links = ['bin', 'sbin', 'lib', 'lib64'].flatMap((name) => ['--symlink', `usr/${name}`, `/${name}`])
    // What the last stage of the Dockerfile copies.
    const copied = ['package.json', 'node_modules', 'dist'].flatMap((name) => [
      '--ro-bind',
      join(root, name),
      `/app/${name}`,
    ])
    const mounts = volumes.flatMap((volume) => {
      const [name, path, mode] = volume.split(':') as [string, string, string?]
      return [
        mode === 'ro' ? '--ro-bind' : '--bind',
        this.volume(name, image === 'ffleet' ? USERS.ffleet : USERS.redis),
        path,
      ]
    })
    return [
      'bwrap',
      '--unshare-user',
      '--unshare-pid',
      '--as-pid-1',
      '--die-with-parent',
      ...system,
      ...links,
      ...(image === 'ffleet' ? copied : []),
      ...['--proc', '/proc', '--dev', '/dev'],
      ...tmpfs.flatMap((path) => ['--tmpfs', path]),
      ...mounts,
      ...['--remount-ro', '/', '--cap-drop', 'ALL', '--chdir', image === 'ffleet' ? '/app' : '/data', '--'],
    ]
  }

  #variablesOf({ image, environment = {} }: Service): Record<string, string> {
    const given = Object.entries(environment).map(([key, value]) => [key, String(value ?? '')])
    return { PATH: process.env.PATH!, ...(image === 'ffleet' && imageVariables()), ...Object.fromEntries(given) }
  }

  #spawn(argv: string[], env: Record<string, string>): ChildProcess {
    const enter = ['--target', String(this.#network.pid), '--net', '--mount']
    return spawn('nsenter', [...enter, ...argv], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  }

  async #done(child: ChildProcess): Promise<Done> {
    let [stdout, stderr] = ['', '']
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    const [code] = await once(child, 'close')
    return { code, stdout, stderr }
  }
}

function imageVariables(): Record<string, string> {
  const texts = readImage().filter(({ name }) => name === 'ENV')
  return Object.fromEntries(texts.flatMap(({ rest }) => rest.map((pair) => pair.split('=') as [string, string])))
}
