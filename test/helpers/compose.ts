/** What docker-compose.yml and the Dockerfile say. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

const root = join(import.meta.dirname, '../..')

export type Service = {
  image: string
  build?: string
  command: string[]
  environment?: Record<string, string | number>
  volumes: string[]
  tmpfs?: string[]
  ports?: string[]
  networks: string[]
  user?: string
  read_only: boolean
  cap_drop: string[]
  security_opt: string[]
  restart: string
  healthcheck: { test: string[]; interval: string; timeout: string }
  stop_grace_period: string
  logging: { options: Record<string, string> }
  depends_on?: Record<string, { condition: string }>
}
export type Compose = {
  services: Record<string, Service>
  volumes: Record<string, unknown>
  networks: Record<string, { internal?: boolean } | null>
}

/** As `docker compose` reads it: merges resolved, `${NAME:-default}` filled in from the environment. */
export function readCompose(env: Record<string, string> = {}): Compose {
  const text = readFileSync(join(root, 'docker-compose.yml'), 'utf8').replaceAll(
    /\$\{(\w+):-([^}]*)\}/g,
    (_, name, fallback) => env[name] ?? fallback,
  )
  return parse(text, { merge: true }) as Compose
}

export type Instruction = { name: string; rest: string[]; text: string }

/** The instructions of the Dockerfile, a line each. */
export function readImage(): Instruction[] {
  const lines = readFileSync(join(root, 'Dockerfile'), 'utf8')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line !== '')
  return lines.map((line) => {
    const [name = '', ...rest] = line.split(/\s+/)
    return { name, rest, text: rest.join(' ') }
  })
}
