import { join } from 'node:path'
import { freePort } from '../helpers/stack.js'
import { COMMAND } from './pages.js'
import { type Program, start } from './program.js'

/** A running `ffleet up` of its own. */
export type Stack = {
  /** For `FFLEET_URL`. */
  url: string
  /** Asks it to end as Ctrl-C does, and waits until it has. Rejects when it does not end with code 0. */
  down(): Promise<void>
}

const READY_MS = 30_000

/** Starts `ffleet up` on a free port, with its data in `folder` and `mediaRoot` for the inputs; resolves when it is ready. */
export async function upStack(folder: string, mediaRoot: string): Promise<Stack> {
  const url = `http://127.0.0.1:${await freePort()}`
  const program = start([process.execPath, COMMAND, 'up'], {
    cwd: folder,
    env: {
      FFLEET_PORT: new URL(url).port,
      FFLEET_DATA_DIR: join(folder, 'data'),
      FFLEET_MEDIA_ROOT: mediaRoot,
      FFLEET_LOG_LEVEL: 'warn',
    },
  })
  await ready(url, program)
  return {
    url,
    async down() {
      program.child.kill('SIGTERM')
      const ended = await program.ended
      if (ended.code !== 0) throw new Error(`ffleet up ended with ${JSON.stringify(ended)}`)
    },
  }
}

async function ready(url: string, program: Program): Promise<void> {
  let ended = false
  program.ended.then(() => {
    ended = true
  })
  for (const untilMs = Date.now() + READY_MS; Date.now() < untilMs && !ended; ) {
    const answer = await fetch(`${url}/readyz`).catch(() => null)
    if (answer?.ok) return
    await new Promise((done) => setTimeout(done, 100))
  }
  if (!ended) program.child.kill('SIGKILL')
  throw new Error(`ffleet up was not ready: ${JSON.stringify(await program.ended)}`)
}
