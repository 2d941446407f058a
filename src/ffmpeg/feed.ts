import type { Writable } from 'node:stream'

type Fed = { stdin: Writable | null; once(event: 'exit', listener: () => void): unknown }

/** Gives a process what it reads on its stdin, and waits for it to read. What fails on the way ends it by `kill`. */
export async function feed(process: Fed, chunks: AsyncIterable<Uint8Array>, kill: () => void): Promise<void> {
  const stdin = process.stdin!
  // Of a process that ended before it had read everything; how it did is told by its result.
  stdin.on('error', () => {})
  process.once('exit', () => stdin.destroy())
  try {
    for await (const chunk of chunks) if (!(await taken(stdin, chunk))) return
    stdin.end()
  } catch {
    kill()
  }
}

function taken(stdin: Writable, chunk: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => stdin.write(chunk, (error) => resolve(!error)))
}
