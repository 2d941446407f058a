/** An original and its successor on a real disk, at every point at which a kill can leave them. */
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Made } from '../../../../src/cli/batch/journal.js'
import { type Mark, markOf } from '../../../../src/cli/batch/originals.js'
import { placeInstead, settle, waitingPlace } from '../../../../src/cli/batch/settle.js'

const [OLD, NEW] = ['the original, long', 'the output']

let folder: string
let original: { path: string; original: Mark }
let made: Made

async function begin(name: string, extension = 'mp4', output = NEW): Promise<void> {
  const path = join(folder, name)
  writeFileSync(path, OLD)
  chmodSync(path, 0o640)
  utimesSync(path, 1_500_000_000, 1_500_000_000)
  original = { path, original: (await markOf(path))! }
  made = {
    path: waitingPlace(path, extension),
    bytes: output.length,
    sha256: createHash('sha256').update(output).digest('hex'),
  }
  writeFileSync(made.path, output)
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ffleet-settle-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const files = () => readdirSync(folder).toSorted()
const textOf = (name: string) => readFileSync(join(folder, name), 'utf8')

test('the output takes the place, the permissions and the times of the original', async () => {
  await begin('film.avi')
  const end = await settle(original, made, 'if-smaller')
  expect(end).toMatchObject({ outcome: 'replaced', bytes: NEW.length, place: join(folder, 'film.mp4') })
  expect(files()).toEqual(['film.mp4'])
  expect(textOf('film.mp4')).toBe(NEW)
  const { mode, mtimeMs } = statSync(join(folder, 'film.mp4'))
  expect([mode & 0o777, mtimeMs]).toEqual([0o640, 1_500_000_000_000])
  expect(end.mark).toEqual(await markOf(join(folder, 'film.mp4')))
})

test('a name that ends as it should stays, whatever the case of its letters', async () => {
  expect(placeInstead('/films/A.MP4', 'mp4')).toBe('/films/A.MP4')
  await begin('A.MP4')
  expect(await settle(original, made, 'always')).toMatchObject({ outcome: 'replaced' })
  expect(files()).toEqual(['A.MP4'])
  expect(textOf('A.MP4')).toBe(NEW)
})

test.each([
  ['before anything was moved', () => {}],
  ['with both names for the output', () => linkSync(made.path, join(folder, 'film.mp4'))],
  ['with the output moved and the original there', () => renameSync(made.path, join(folder, 'film.mp4'))],
  [
    'with all of it done but not noted',
    () => {
      renameSync(made.path, join(folder, 'film.mp4'))
      rmSync(join(folder, 'film.avi'))
    },
  ],
])('killed %s, the next run ends it', async (where, kill) => {
  await begin('film.avi')
  kill()
  const end = await settle(original, made, 'if-smaller')
  expect(end.outcome, where).toBe('replaced')
  expect(files()).toEqual(['film.mp4'])
  expect(textOf('film.mp4')).toBe(NEW)
})

test('killed after an original was replaced in its own place, the next run sees it', async () => {
  await begin('film.mp4')
  renameSync(made.path, join(folder, 'film.mp4'))
  expect(await settle(original, made, 'if-smaller')).toMatchObject({ outcome: 'replaced', bytes: NEW.length })
  expect(textOf('film.mp4')).toBe(NEW)
})

test('what is not smaller goes, where it has to be', async () => {
  await begin('film.avi', 'mp4', `${OLD}er`)
  expect(await settle(original, made, 'if-smaller')).toMatchObject({
    outcome: 'kept',
    why: expect.stringMatching(/not smaller/),
  })
  expect(files()).toEqual(['film.avi'])
  await begin('film.avi', 'mp4', `${OLD}er`)
  expect(await settle(original, made, 'always')).toMatchObject({ outcome: 'replaced' })
})

test('an original that changed meanwhile stays, and so does one with another name', async () => {
  await begin('film.avi')
  writeFileSync(join(folder, 'film.avi'), 'another film')
  expect(await settle(original, made, 'always')).toMatchObject({
    outcome: 'failed',
    why: expect.stringMatching(/changed/),
  })
  expect(files()).toEqual(['film.avi'])
  expect(textOf('film.avi')).toBe('another film')

  await begin('film.avi')
  linkSync(join(folder, 'film.avi'), join(folder, 'seed.avi'))
  expect(await settle(original, made, 'always')).toMatchObject({
    outcome: 'kept',
    why: expect.stringMatching(/2 names/),
  })
  expect(files()).toEqual(['film.avi', 'seed.avi'])
})

test('nothing that came to be at the place is written over', async () => {
  await begin('film.avi')
  writeFileSync(join(folder, 'film.mp4'), "somebody else's")
  expect(await settle(original, made, 'always')).toMatchObject({ outcome: 'kept', why: 'film.mp4 is there already' })
  expect(files()).toEqual(['film.avi', 'film.mp4'])
  expect(textOf('film.mp4')).toBe("somebody else's")
})

test('an output without its original, and an original without its output, stay', async () => {
  await begin('film.avi')
  rmSync(original.path)
  expect(await settle(original, made, 'always')).toMatchObject({
    outcome: 'failed',
    why: expect.stringMatching(/original is gone/),
  })
  expect(existsSync(made.path)).toBe(true)
  await begin('film.avi')
  rmSync(made.path)
  expect(await settle(original, made, 'always')).toMatchObject({
    outcome: 'failed',
    why: expect.stringMatching(/output is gone/),
  })
  expect(textOf('film.avi')).toBe(OLD)
})
