/** What a worker finds out about hardware encoders, with a stand-in for an ffmpeg that has some. */
import { execFileSync } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { HARDWARE_ENCODERS, type HardwareFamily } from '../../../src/contract/index.js'
import { BARE, type Capabilities, type Enclosure, findCapabilities, findSandbox } from '../../../src/ffmpeg/index.js'
import { encodingOf } from '../../../src/plan/index.js'
import type { BreakerOptions } from '../../../workers/hardware/breaker.js'
import { createHardware, type Hardware } from '../../../workers/hardware/index.js'
import { testCapabilities } from '../../helpers/encode-into.js'
import { program } from '../../helpers/fleet-stack.js'
import { aFolder } from '../../helpers/folder.js'
import { long } from '../../helpers/long.js'

/** Options that all encoders have, which no help of one lists. */
const OF_ALL_ENCODERS = ['-b:v', '-global_quality', '-q:v']

const log = { info: vi.fn(), warn: vi.fn() }
let folder: string
const opened: Hardware[] = []

beforeEach(async () => {
  folder = await aFolder()
})
afterEach(() => {
  for (const hardware of opened.splice(0)) hardware.close()
  vi.unstubAllEnvs()
})

type Asked = {
  encoders?: string
  family?: HardwareFamily
  enclosure?: Enclosure
  nodes?: string[]
  breaker?: BreakerOptions
  onFree?: () => void
}

async function tried({ encoders = 'h264_nvenc,hevc_nvenc', family = 'nvenc', nodes = [], ...asked }: Asked = {}) {
  vi.stubEnv('FFLEET_STAND_IN_ENCODERS', encoders)
  vi.stubEnv('FFLEET_STAND_IN_FAILURES', join(folder, 'failures'))
  const found = await findCapabilities({ ffmpeg: program('hardware-encoders.mjs') })
  const capabilities: Capabilities = { ...found, enclosure: asked.enclosure ?? BARE }
  const hardware = await createHardware({
    config: { hardware: [family], hardwareSessions: 2 },
    capabilities,
    log,
    onFree: asked.onFree ?? (() => {}),
    devices: [{ family, device: family === 'nvenc' ? 'nvidia' : 'render', nodes, node: nodes[0] ?? null }],
    ...(asked.breaker && { breaker: asked.breaker }),
  })
  opened.push(hardware)
  return hardware
}

const fails = (...lines: string[]) => writeFile(join(folder, 'failures'), lines.join('\n'))

it('is that they work, where frames came out, with 8 bits and with 10', async () => {
  const hardware = await tried()
  expect(hardware.results()).toEqual([
    { name: 'h264_nvenc', refusal: null, tenBits: false },
    { name: 'hevc_nvenc', refusal: null, tenBits: true },
  ])
  expect(hardware.able()).toEqual(['h264_nvenc', 'hevc_nvenc'])
})

it('is that they are refused in the words of the driver, or because frames are lost without a word', async () => {
  await fails('h264_nvenc', 'hevc_nvenc loses 5')
  const hardware = await tried()
  expect(hardware.results().map(({ refusal }) => refusal)).toEqual([
    expect.stringContaining('OpenEncodeSessionEx failed: out of memory'),
    'of 10 frames 5 came out',
  ])
  expect([hardware.able(), hardware.free()]).toEqual([[], []])
})

it('is that the real ffmpeg of a machine without a device has none, whatever it lists', async () => {
  const found = await testCapabilities()
  const config = { hardware: ['nvenc', 'vaapi'] as const, hardwareSessions: 2 }
  const capabilities = { ...found, enclosure: BARE }
  const hardware = await createHardware({ config, capabilities, log, onFree: () => {} })
  expect(hardware.able()).toEqual([])
  const listed = ['nvenc', 'vaapi'].flatMap((family) => ['h264', 'hevc', 'av1'].map((codec) => `${codec}_${family}`))
  const tried = listed.filter((name) => found.encoders.has(name))
  expect(hardware.results().map(({ name }) => name)).toEqual(tried)
  for (const { refusal } of hardware.results()) expect(refusal).toMatch(/\w/)
})

it('uploads as a job does', async () => {
  const hardware = await tried({ encoders: 'h264_vaapi', family: 'vaapi', nodes: ['/dev/dri/renderD128'] })
  expect(hardware.able()).toEqual(['h264_vaapi'])
})

long('is found out in the sandbox of a job, which shows the device and nothing beside it', async () => {
  const node = join(folder, 'renderD128')
  await writeFile(node, '')
  const limits = { maxMemoryBytes: 2 ** 42, maxCpuMs: 600_000, maxOutputBytes: 2 ** 30 }
  const variables = ['FFLEET_STAND_IN_ENCODERS', 'FFLEET_STAND_IN_NODE']
  const programs = [program('hardware-encoders.mjs'), process.execPath]
  const { sandbox } = await findSandbox({ programs: programs.slice(0, 1), limits, variables, hidden: [] })
  expect(sandbox).not.toBeNull()
  vi.stubEnv('FFLEET_STAND_IN_NODE', node)
  const shown = await tried({ enclosure: sandbox!, nodes: [node] })
  expect(shown.results()[0]).toMatchObject({ name: 'h264_nvenc', refusal: null })
  const hidden = await tried({ enclosure: sandbox!, nodes: [] })
  expect(hidden.results()[0]!.refusal).toContain('No capable devices found')
})

it('rests on options and formats of pixels that the encoders of this ffmpeg have', async () => {
  const { ffmpeg, encoders } = await testCapabilities()
  const known = Object.values(HARDWARE_ENCODERS).flatMap((family) => Object.values(family))
  for (const name of known.filter((each) => encoders.has(each))) {
    const help = execFileSync(ffmpeg, ['-hide_banner', '-h', `encoder=${name}`], { encoding: 'utf8' })
    const encoding = encodingOf(
      { name, device: '', node: null },
      { crf: 23, bitrate: null },
      { tenBits: false, isNamed: true },
    )
    const own = encoding.options.slice(2).filter((word) => /^-[a-z]/.test(word) && !OF_ALL_ENCODERS.includes(word))
    for (const option of own) expect(help, `${name} ${option}`).toMatch(new RegExp(`^ +${option} `, 'm'))
    const words = { '-preset': 'medium', '-rc': 'vbr', '-quality': 'balanced' }
    for (const [option, word] of Object.entries(words)) {
      if (own.includes(option)) expect(help, `${name} ${option} ${word}`).toMatch(new RegExp(`^ +${word} `, 'm'))
    }
    const formats = /Supported pixel formats: (.*)/.exec(help)?.[1] ?? ''
    expect(formats, name).toContain(encoding.filters.includes('hwupload') ? 'vaapi' : 'nv12')
  }
})

it('starts nothing where there is no device node', async () => {
  const never = join(folder, 'no-ffmpeg')
  const capabilities = { ...(await testCapabilities()), ffmpeg: never, encoders: new Set(['h264_nvenc']) }
  const config = { hardware: 'none', hardwareSessions: 2 } as const
  const hardware = await createHardware({ config, capabilities, log, onFree: () => {} })
  expect([hardware.results(), hardware.able()]).toEqual([[], []])
})

long('is taken back of a device that fails, until a trial passes again', async () => {
  const onFree = vi.fn()
  const hardware = await tried({
    breaker: { failures: 2, windowMs: 60_000, firstMs: 50, longestMs: 100 },
    onFree,
  })
  await fails('h264_nvenc', 'hevc_nvenc')
  hardware.failed('h264_nvenc')
  expect(hardware.able()).toHaveLength(2)
  // What one encoder of it fails by, the others do.
  hardware.failed('hevc_nvenc')
  expect([hardware.able(), hardware.free(), hardware.open().usable()]).toEqual([[], [], []])
  // Tried, and refused: it stays out.
  const refused = () => log.warn.mock.calls.filter(([facts]) => facts.family === 'nvenc').length
  const before = refused()
  await expect.poll(refused, { timeout: 20_000 }).toBeGreaterThan(before)
  expect([hardware.able(), onFree.mock.calls]).toEqual([[], []])
  await rm(join(folder, 'failures'))
  await expect.poll(() => hardware.able(), { timeout: 20_000 }).toEqual(['h264_nvenc', 'hevc_nvenc'])
  expect(onFree).toHaveBeenCalled()
})

it('gives an attempt what is free, and has it back', async () => {
  const hardware = await tried()
  const [one, other] = [hardware.open(), hardware.open()]
  expect(one.usable().map(({ sessions }) => sessions)).toEqual([2, 2])
  one.settle(['h264_nvenc', 'hevc_nvenc'])
  expect([hardware.free(), other.usable()[0]!.sessions]).toEqual([[], 0])
  expect(hardware.able()).toHaveLength(2)
  const waits = other.reserve(['h264_nvenc'], new AbortController().signal)
  one.close()
  await waits
  expect(other.usable()[0]!.sessions).toBe(2)
  other.close()
})
