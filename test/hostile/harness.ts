/** One fleet for hostile files and names: a real API and worker, a canary that listens, a secret beside the media root. */
import { execFile } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import { promisify } from 'node:util'
import type { Job, JobRequest, Problem } from '../../src/contract/index.js'
import { type Stack, startStack } from '../helpers/stack.js'
import { type Canary, hideSecret, type Secret, startCanary } from './canary.js'
import type { FileAttack, Target } from './files/attack.js'

const run = promisify(execFile)

/** What the operator of this fleet lets an input run. */
export const LONGEST_MS = 3_600_000

export type Harness = {
  readonly stack: Stack
  readonly canary: Canary
  readonly secret: Secret
  readonly target: Target
  /** Writes the file of an attack into the media root and lets a job run over it to its end. */
  attack(attack: FileAttack): Promise<Job>
  submit(request: unknown): Promise<{ status: number; body: Partial<Job> & Partial<Problem>; text: string }>
  /** Everything that anybody can read of a job. */
  toldOf(id: string): Promise<string>
  /** What of the secret or of this host is in a text. Empty is well. */
  leaksIn(text: string): string[]
  /** The same for the files that a job made, sound as the samples it holds. */
  leaksInOutputs(job: Job): Promise<string[]>
  /** The same for what API and workers wrote to their logs; those may name folders. */
  leaksInLogs(): string[]
  stop(): Promise<void>
}

export async function startHarness(env: Record<string, string>): Promise<Harness> {
  const canary = await startCanary()
  const stack = await startStack({
    workers: 0,
    env: { FFLEET_SLOTS: '2', FFLEET_LOG_LEVEL: 'debug', FFLEET_MAX_DURATION_MS: String(LONGEST_MS), ...env },
  })
  await stack.startWorker()
  const secret = await hideSecret(join(stack.folder, 'secret'))
  const target: Target = {
    host: `127.0.0.1:${canary.port}`,
    canary,
    secret,
    fromMedia: (path) => relative(stack.mediaRoot, path),
  }
  const submit: Harness['submit'] = async (request) => {
    const response = await fetch(`${stack.baseUrl}/v1/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
    })
    const text = await response.text()
    return { status: response.status, body: JSON.parse(text), text }
  }
  const leaksIn = (text: string) => {
    // A file that names the secret is quoted in ffmpeg's log, which tells its sender nothing new.
    const own = [secret.soundFile, secret.textFile].reduce((rest, path) => rest.replaceAll(path, ''), text)
    return [secret.text, stack.folder].filter((each) => own.includes(each))
  }
  return {
    stack,
    canary,
    secret,
    target,
    submit,
    async attack({ file, bytes, preset = 'flac' }) {
      await writeFile(join(stack.mediaRoot, file), await bytes(target))
      const request: JobRequest = { input: file, outputs: [{ preset }], maxAttempts: 1 }
      const { body, text } = await submit(request)
      if (body.id === undefined) throw new Error(text)
      return stack.client.wait(body.id, { timeoutMs: 120_000 })
    },
    async toldOf(id) {
      const routes = ['', '/events', '/report', '/log', '/log/lines?limit=1000']
      const headers = { accept: 'application/x-ndjson, application/json, text/plain' }
      const texts = routes.map(async (route) =>
        (await fetch(`${stack.baseUrl}/v1/jobs/${id}${route}`, { headers })).text(),
      )
      return (await Promise.all(texts)).join('\n')
    },
    leaksIn,
    async leaksInOutputs({ outputs }) {
      const leaks: string[] = []
      for (const { path, sha256, mediaType } of outputs) {
        if (sha256 === null) continue
        for (const file of await filesOf(join(stack.outputRoot, path))) {
          const texts = [await readFile(file, 'latin1')]
          if (mediaType.startsWith('audio/')) texts.push(await spelledBy(['-i', file]))
          leaks.push(...texts.flatMap(leaksIn))
        }
      }
      return leaks
    },
    leaksInLogs: () => [stack.api, ...stack.workers].filter((part) => part.output().includes(secret.text)).map(String),
    async stop() {
      await stack.stop()
      await canary.close()
    },
  }
}

/** The samples of a sound as text, of 8 bits each. */
export async function spelledBy(input: readonly string[]): Promise<string> {
  const args = ['-v', 'error', '-nostdin', ...input, '-map', '0:a?', '-c:a', 'pcm_u8', '-f', 'u8', 'pipe:1']
  const { stdout } = await run('ffmpeg', args, { encoding: 'latin1', maxBuffer: 2 ** 28, timeout: 20_000 }).catch(
    (error: { stdout: string }) => error,
  )
  return stdout
}

async function filesOf(path: string): Promise<string[]> {
  const names = await readdir(path).catch(() => null)
  return names === null ? [path] : names.map((name) => join(path, basename(name)))
}
