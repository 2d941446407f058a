import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  ALL_TENANTS,
  addKey,
  KeyRing,
  readKeyFile,
  readLastUsed,
  revokeKey,
  rotateKey,
  setQuotas,
} from '../../../src/callers/index.js'

let folder: string
let file: string
let ring: KeyRing | null = null
const logged: string[] = []
const log = { info: record, warn: record, error: record } as never
function record(_fields: object, text: string): void {
  logged.push(text)
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ffleet-keys-'))
  file = join(folder, 'keys.json')
  logged.length = 0
})
afterEach(async () => {
  await ring?.close()
  ring = null
  await rm(folder, { recursive: true, force: true })
})

const reader = { name: 'page', role: 'read', tenant: null } as const
const open = async () => {
  ring = await KeyRing.open(file, log, { lookMs: 20 })
  return ring
}

describe('at rest', () => {
  it('there is no key, and the file is its owner’s alone', async () => {
    const { key } = await addKey(file, reader)
    expect(key).toMatch(/^ffleet_[0-9a-f]{12}_[\w-]{43}$/)
    const text = await readFile(file, 'utf8')
    expect(text).not.toContain(key.slice(-43))
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  it('two who change it at once lose nothing', async () => {
    await addKey(file, reader)
    const names = ['a', 'b', 'c', 'd']
    const made = await Promise.allSettled(names.map((name) => addKey(file, { ...reader, name })))
    const done = names.filter((_, i) => made[i]!.status === 'fulfilled')
    expect(done.length).toBeGreaterThan(0)
    expect((await readKeyFile(file)).keys.map(({ name }) => name)).toEqual(['page', ...done])
  })

  it('names and tenants are words, and a name has one key', async () => {
    await addKey(file, reader)
    await expect(addKey(file, reader)).rejects.toThrow('already')
    await expect(addKey(file, { ...reader, name: 'a b' })).rejects.toThrow('not the name of a key')
    await expect(addKey(file, { ...reader, name: 'b', tenant: 'A/b' })).rejects.toThrow('not a tenant')
    await revokeKey(file, 'page')
    await addKey(file, reader)
  })

  it('quotas stand beside the keys, and a change of one leaves the others', async () => {
    await addKey(file, { ...reader, tenant: 'shop' })
    await setQuotas(file, 'shop', { queued: 100, running: 4 })
    await setQuotas(file, null, { queued: 10 })
    expect(await setQuotas(file, 'shop', { running: undefined, bytes: null })).toEqual({ queued: 100, bytes: null })
    const { keys, tenants } = await readKeyFile(file)
    expect(tenants).toEqual({ shop: { queued: 100, bytes: null }, [ALL_TENANTS]: { queued: 10 } })
    expect(keys).toHaveLength(1)
    expect(await setQuotas(file, 'shop', { queued: undefined, bytes: undefined })).toEqual({})
    expect((await readKeyFile(file)).tenants).toEqual({ [ALL_TENANTS]: { queued: 10 } })
    await expect(setQuotas(file, 'A/b', { queued: 1 })).rejects.toThrow('not a tenant')
  })

  it.each([
    ['{'],
    ['{"keys": [{}]}'],
    ['[]'],
    ['{"keys": [], "tenants": {"A": {}}}'],
    ['{"keys": [], "tenants": {"a": {"queued": -1}}}'],
  ])('what is no file of keys is refused: %s', async (text) => {
    await writeFile(file, text)
    await expect(KeyRing.open(file, log)).rejects.toThrow(file)
    await expect(addKey(file, reader)).rejects.toThrow(file)
    expect(await readFile(file, 'utf8')).toBe(text)
  })
})

describe('a ring', () => {
  it('knows who holds a key, and nobody who holds something near it', async () => {
    const { key, stored } = await addKey(file, { ...reader, tenant: 'shop' })
    const keys = await open()
    expect(keys.callerOf(key)).toEqual({
      keyId: stored.id,
      name: 'page',
      role: 'read',
      tenant: 'shop',
      arguments: false,
      endsAt: null,
    })
    for (const wrong of ['', 'ffleet', key.slice(0, -1), `${key.slice(0, -1)}~`, key.toUpperCase(), `${key} `]) {
      expect(keys.callerOf(wrong)).toBeNull()
    }
    const other = key.slice(0, -2) + (key.endsWith('aa') ? 'bb' : 'aa')
    expect(keys.callerOf(other)).toBeNull()
    expect(keys.callerOf('')).toBeNull()
  })

  it('picks up what changes', async () => {
    const first = await addKey(file, reader)
    const keys = await open()
    const { key } = await addKey(file, { ...reader, name: 'other' })
    await expect.poll(() => keys.callerOf(key)?.name).toBe('other')
    await revokeKey(file, 'page')
    await expect.poll(() => keys.callerOf(first.key)).toBeNull()
    expect(keys.callerOf(key)?.name).toBe('other')
    expect(logged).toEqual(['audit: key added', 'audit: key revoked'])
  })

  it('takes the key before a rotation for the time that it was given', async () => {
    const first = await addKey(file, reader)
    const second = await rotateKey(file, 'page', 60_000)
    const keys = await open()
    expect([keys.callerOf(first.key), keys.callerOf(second.key)]).not.toContain(null)
    const third = await rotateKey(file, first.stored.id, 300)
    await expect.poll(() => keys.callerOf(third.key)).not.toBeNull()
    expect(keys.callerOf(first.key)).toBeNull()
    await expect.poll(() => keys.callerOf(second.key)).toBeNull()
    expect(keys.callerOf(third.key)).not.toBeNull()
  })

  it('keeps what it knows while the file cannot be used', async () => {
    const { key } = await addKey(file, reader)
    const keys = await open()
    const text = await readFile(file, 'utf8')
    await writeFile(file, text.slice(0, 20))
    await expect.poll(() => logged.join()).toContain('the keys are as before')
    expect(keys.callerOf(key)).not.toBeNull()
    await writeFile(file, '{"keys": []}')
    await expect.poll(() => keys.callerOf(key)).toBeNull()
  })

  it('tells when a key was last used, once it closes at the latest', async () => {
    const { key, stored } = await addKey(file, reader)
    const keys = await open()
    keys.callerOf(key)
    expect(await readLastUsed(file)).toEqual({})
    await keys.close()
    const at = (await readLastUsed(file))[stored.id]!
    expect(Date.now() - Date.parse(at)).toBeGreaterThanOrEqual(0)
  })
})
