/** What is fuzzed, and how: in the tests with a fixed seed, and by `npm run fuzz` for as long as one likes. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import fc from 'fast-check'

export type Target<Input = unknown> = {
  name: string
  /** So many in the tests. */
  runs: number
  open(): Promise<Opened<Input>>
}

export type Opened<Input = unknown> = {
  /** Values of JSON alone, so that one that failed can be kept as a case. Bytes are text in Latin-1. */
  inputs: fc.Arbitrary<Input>
  /** Throws where a promise is broken. */
  check(input: Input): void | Promise<void>
  close?(): Promise<void>
}

export type Found = { seed: number; path: string; input: unknown; error: string }

const fileOf = (name: string) => new URL(`cases/${name}.json`, import.meta.url)

/** Inputs that failed once, and may never again. */
export async function keptCases(name: string): Promise<unknown[]> {
  const text = await readFile(fileOf(name), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '[]'
    throw error
  })
  return JSON.parse(text) as unknown[]
}

/** From now on the tests run it. Gives the file. */
export async function keepCase(name: string, input: unknown): Promise<string> {
  const cases = await keptCases(name)
  if (!cases.some((each) => JSON.stringify(each) === JSON.stringify(input))) cases.push(input)
  await mkdir(new URL('cases/', import.meta.url), { recursive: true })
  await writeFile(fileOf(name), `${JSON.stringify(cases, null, 2)}\n`)
  return fileOf(name).pathname
}

/** Null when every input kept its promises; else the smallest that was found to break one. */
export async function explore(
  { inputs, check }: Opened,
  options: { seed: number; numRuns: number; path?: string | undefined; interruptAfterTimeLimit?: number },
): Promise<Found | null> {
  const { path, ...rest } = options
  const property = fc.asyncProperty(inputs, async (input) => {
    await check(input)
  })
  const result = await fc.check(property, {
    ...rest,
    ...(path !== undefined && { path }),
    // What did not fail until then is no failure.
    markInterruptAsFailure: false,
  })
  if (!result.failed || result.counterexample === null) return null
  const error = result.errorInstance as Error
  return {
    seed: result.seed,
    path: result.counterexamplePath ?? '',
    input: result.counterexample[0],
    error: error?.stack ?? String(error),
  }
}
