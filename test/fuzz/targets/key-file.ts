import { ok, strictEqual } from 'node:assert'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { addKey, KeyFileError, KeyRing, readKeyFile, revokeKey, rotateKey } from '../../../src/callers/index.js'
import { createLog } from '../../../src/log/index.js'
import type { Target } from '../target.js'
import { anyEdits, anyJson, anyText, type Edit, edited, type Json } from '../values.js'

type Input = { whole: { json: Json } | { edits: Edit[] }; given: string[] }

const PIECES = [
  '"',
  '{',
  '}',
  ',',
  'null',
  '[]',
  '"role": "admin"',
  '"tenant": "shop"',
  '"__proto__": {}',
  '0',
  'Z',
  '\n',
]

/** The file of the keys, changed by hand or cut off, and whatever is given as a key. */
export const keyFile: Target<Input> = {
  name: 'key-file',
  runs: 200,
  async open() {
    const folder = await mkdtemp(join(tmpdir(), 'ffleet-fuzz-'))
    const [good, tried] = [join(folder, 'good.json'), join(folder, 'tried.json')]
    const keys = [
      await addKey(good, { name: 'boss', role: 'admin', tenant: null }),
      await addKey(good, { name: 'shop', role: 'submit', tenant: 'shop' }),
      await addKey(good, { name: 'gone', role: 'read', tenant: null }),
    ]
    await revokeKey(good, 'gone')
    await rotateKey(good, 'shop', 3_600_000)
    const text = await readFile(good, 'utf8')
    const valid = new Set([keys[0]!.key, keys[1]!.key])
    const ring = await KeyRing.open(good, createLog({ logLevel: 'error' }))
    return {
      inputs: fc.record({
        whole: fc.oneof(
          anyJson.map((json) => ({ json })),
          fc.record({ edits: anyEdits(PIECES) }),
        ),
        given: fc.array(
          fc.oneof(
            anyText,
            fc
              .tuple(fc.constantFrom(...keys.map(({ key }) => key.slice(0, 20))), anyText)
              .map((parts) => parts.join('')),
          ),
          { maxLength: 5 },
        ),
      }),
      async check({ whole, given }) {
        await writeFile(tried, 'json' in whole ? JSON.stringify(whole.json) : edited(text, whole.edits))
        try {
          const { keys: read } = await readKeyFile(tried)
          ok(read.every(({ hash }) => /^[0-9a-f]{64}$/.test(hash)))
          strictEqual(new Set(read.map(({ id }) => id)).size, read.length)
        } catch (error) {
          ok(error instanceof KeyFileError, String(error))
        }
        for (const key of given) ok(valid.has(key) || ring.callerOf(key) === null)
        for (const key of valid) ok(ring.callerOf(key) !== null)
      },
      async close() {
        await ring.close()
        await rm(folder, { recursive: true, force: true })
      },
    }
  },
}
