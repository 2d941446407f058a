/** Mends an append-only file whose tail is garbage, as a power cut can leave it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'

/** What the server logs when it refuses the file; a tail that is only cut short it mends by itself. */
export function isBrokenFile(log: string): boolean {
  return /Bad file format reading the append only file/i.test(log)
}

/**
 * Keeps a copy of the append-only folder beside it and cuts the files at the first byte that makes no sense. The
 * checker is the server's own binary under another name. Gives the name of the copy; throws when the checker fails.
 */
export async function repair(server: string, folder: string, now: Date): Promise<string> {
  const appendOnly = join(folder, 'appendonlydir')
  const copy = `appendonlydir.broken-${now.toISOString().replaceAll(/[:.]/g, '-')}`
  await cp(appendOnly, join(folder, copy), { recursive: true })
  const manifest = (await readdir(appendOnly)).find((name) => name.endsWith('.manifest'))
  if (!manifest) throw new Error('The append-only folder of the embedded Redis has no manifest')
  const checker = spawn(server, ['--fix', join(appendOnly, manifest)], {
    argv0: basename(server).replace('-server', '-check-aof'),
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const ended = once(checker, 'exit') as Promise<[number | null]>
  checker.stdin.on('error', () => {})
  checker.stdin.end('y\n')
  const [code] = await ended
  if (code !== 0) throw new Error(`The append-only file of the embedded Redis is broken; a copy is kept as ${copy}`)
  return copy
}
