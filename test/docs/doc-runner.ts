/**
 * Runs the shell blocks of a page as one reader would: from top to bottom, in one shell and one folder.
 *
 * A block takes part when an HTML comment stands on the line before its fence:
 *
 *   <!-- run -->                                             must end with exit code 0
 *   <!-- run expect="completed" -->                          and its stdout must hold the text
 *   <!-- run background ready="http://127.0.0.1:4280/readyz" -->   is left running once the URL answers; SIGTERM at the end
 *   <!-- run: clip -->, <!-- run: curl-session -->           finds something prepared: see `SESSIONS`
 *
 * `ffleet` is the built command. So that pages may name the default port, `127.0.0.1:4280` and `localhost:4280` in a block
 * become a free port, on which `ffleet up` listens there.
 */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../helpers/stack.js'
import type { CodeBlock } from './markdown.js'
import { run } from './program.js'

export type RunOptions = {
  /** An empty folder: the page's blocks run in `folder/work`. */
  folder: string
  /** Path of `ffleet`'s main script. */
  command: string
}

export type BlockOutput = { line: number; stdout: string; stderr: string }

const CLIP = 'ffmpeg -v error -nostdin -f lavfi -i testsrc2=s=320x180:r=25:d=2 -f lavfi -i sine=440:d=2'

/** What a page with a block marked `run: name` finds prepared before its first block, and what such a block must say. */
const SESSIONS: Record<string, { prepare: string; expect?: string }> = {
  /** `in.mp4` in the working folder. */
  clip: { prepare: `${CLIP} in.mp4\n` },
  /** A running `ffleet up` with `in.mp4` in its media root. */
  'curl-session': {
    prepare: `mkdir -p ffleet-data/media
${CLIP} ffleet-data/media/in.mp4
${background('ffleet up', '>up.out 2>up.err', 'http://127.0.0.1:4280/readyz')}`,
    expect: 'event: job.completed',
  },
}

export const isRun = (block: CodeBlock) => block.marks.run !== undefined

/**
 * @returns what each block that ended wrote.
 * @throws Error that names the line of the block that failed, with what it wrote.
 */
export async function runBlocks(blocks: readonly CodeBlock[], options: RunOptions): Promise<BlockOutput[]> {
  const { folder } = options
  const port = String(await freePort())
  await mkdir(join(folder, 'bin'))
  await mkdir(join(folder, 'work'))
  const shim = join(folder, 'bin/ffleet')
  await writeFile(shim, `#!/bin/sh\nexec '${process.execPath}' '${options.command}' "$@"\n`)
  await chmod(shim, 0o755)
  const marked = blocks.filter(isRun)
  const script = join(folder, 'page.sh')
  const sessions = new Set(marked.flatMap((block) => sessionOf(block) ?? []))
  const prepare = [...sessions].map((session) => session.prepare)
  const text = [PROLOGUE, ...prepare, ...marked.map((block) => part(block, folder))].join('\n')
  await writeFile(script, text.replace(/\b(127\.0\.0\.1|localhost):4280\b/g, `$1:${port}`))

  const ended = await run(['bash', '-eu', script], {
    cwd: join(folder, 'work'),
    env: {
      PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
      FFLEET_PORT: port,
      XDG_STATE_HOME: join(folder, 'state'),
    },
  })
  const begun = ended.stdout.split('\n').flatMap((line) => (line.startsWith('begins ') ? [Number(line.slice(7))] : []))
  const outputs = await Promise.all(begun.map((line) => outputOf(folder, line)))
  const last = outputs.at(-1)
  if (ended.code !== 0)
    throw new Error(`The block at line ${last?.line} failed.\n${last?.stdout}${last?.stderr}${ended.stderr}`)
  for (const { line, stdout } of outputs) {
    const block = marked.find((each) => each.line === line)!
    const expected = block.marks.expect ?? sessionOf(block)?.expect
    if (expected !== undefined && !stdout.includes(expected)) {
      throw new Error(`The block at line ${line} did not say "${expected}", but:\n${stdout}`)
    }
  }
  return outputs
}

const PROLOGUE = `
left=''
finish() {
  for group in $left; do kill -TERM -- "-$group" 2>/dev/null || true; wait "$group" || true; done
}
trap finish EXIT
`

function part(block: CodeBlock, folder: string): string {
  const { marks, code } = block
  const files = `>'${folder}/${block.line}.out' 2>'${folder}/${block.line}.err'`
  const run = marks.background === undefined ? `{\n${code}} ${files}\n` : background(code, files, marks.ready ?? '')
  return `echo 'begins ${block.line}'\n${run}`
}

/** In a process group of its own, so that what it starts can be ended with it; the shell of it waits for what it runs. */
function background(code: string, files: string, readyUrl: string): string {
  return `set -m
{
trap : TERM
${code}
} ${files} &
newest=$!
set +m
left="$newest $left"
until curl -fsS -o /dev/null '${readyUrl}' 2>/dev/null; do kill -0 "$newest"; sleep 0.1; done
export FFLEET_URL='http://127.0.0.1:4280'
`
}

function sessionOf({ marks }: CodeBlock): (typeof SESSIONS)[string] | undefined {
  if (!marks.run) return undefined
  const session = SESSIONS[marks.run]
  if (session === undefined) throw new Error(`There is no session ${marks.run}; there are ${Object.keys(SESSIONS)}.`)
  return session
}

async function outputOf(folder: string, line: number): Promise<BlockOutput> {
  const read = (kind: string) => readFile(join(folder, `${line}.${kind}`), 'utf8').catch(() => '')
  return { line, stdout: await read('out'), stderr: await read('err') }
}
