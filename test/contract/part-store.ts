/** What every place for parts must do: run it over each by which the hosts of a fleet find each other's. */
import { randomBytes } from 'node:crypto'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { PartStore } from '../../src/storage/parts.js'
import { aFolder } from '../helpers/folder.js'
import { waitFor } from '../helpers/wait-for.js'

const NAME = `${'a'.repeat(64)}-0`
const OTHER = `${'b'.repeat(64)}-0`
const FOREVER = { keepMs: 3_600_000, maxBytes: Number.MAX_SAFE_INTEGER }

/** `open` gives the stores of two hosts of a fresh fleet. */
export function describePartStore(name: string, open: () => Promise<{ one: PartStore; other: PartStore }>): void {
  async function made(bytes: number): Promise<{ path: string; content: Buffer }> {
    const content = randomBytes(bytes)
    const path = join(await aFolder(), 'part.mp4')
    await writeFile(path, content)
    return { path, content }
  }

  describe(`parts of films: ${name}`, () => {
    test('one that is kept and shared is found by another host, byte for byte, and lies there from then on', async () => {
      const { one, other } = await open()
      // More than a bucket takes at once.
      const { path, content } = await made(9 * 1024 ** 2)
      expect(await one.find(NAME)).toBeNull()
      const place = await one.keep(NAME, path)
      await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' })
      expect(await one.find(NAME)).toBe(place)
      await one.share(NAME)
      await one.share(NAME)
      const there = await other.find(NAME)
      expect((await readFile(there!)).equals(content)).toBe(true)
      expect(await other.find(NAME)).toBe(there)
      expect(await other.find(OTHER)).toBeNull()
    })

    test('those go that nobody asked for in time, and the others stay', async () => {
      const { one, other } = await open()
      await one.keep(NAME, (await made(1_000)).path)
      await one.share(NAME)
      await one.sweepShared(FOREVER)
      expect(await other.find(NAME)).not.toBeNull()
      await waitFor(async () => {
        for (const store of [one, other]) {
          await store.sweepShared({ ...FOREVER, keepMs: 0 })
          await store.sweep({ ...FOREVER, keepMs: 0 })
        }
        expect([await one.find(NAME), await other.find(NAME)]).toEqual([null, null])
      })
    })

    test('one that was of use within the hour stays, whatever all of them take', async () => {
      const { one, other } = await open()
      await one.keep(NAME, (await made(1_000)).path)
      await one.share(NAME)
      await one.sweepShared({ ...FOREVER, maxBytes: 0 })
      await one.sweep({ ...FOREVER, maxBytes: 0 })
      expect(await one.find(NAME)).not.toBeNull()
      expect(await other.find(NAME)).not.toBeNull()
    })

    test('whoever stops asking is told nothing', async () => {
      const { one, other } = await open()
      await one.keep(NAME, (await made(1_000)).path)
      await one.share(NAME)
      const stopped = AbortSignal.abort(new Error('stopped'))
      const answer = await other.find(NAME, stopped).catch((error: Error) => error.message)
      // A folder that both see has it at once.
      expect([await one.find(NAME), 'stopped']).toContain(answer)
      expect(await other.find(NAME)).not.toBeNull()
    })
  })
}
