/** The hardware encoders of one worker: which passed a trial, who uses them, which are out. ADR 35. */
import type { Config } from '../../src/config/index.js'
import { familyOf } from '../../src/contract/index.js'
import type { Capabilities } from '../../src/ffmpeg/index.js'
import type { Logger } from '../../src/log/index.js'
import type { UsableEncoder } from '../../src/plan/index.js'
import { BREAKER, Breaker, type BreakerOptions } from './breaker.js'
import { type Candidate, findDevices } from './devices.js'
import { Sessions } from './sessions.js'
import { type TrialResult, tryFamily } from './trial.js'

export type { TrialResult } from './trial.js'

export interface Hardware {
  /** What passed a trial and is not out, by ffmpeg's names. */
  able(): string[]
  /** Those of them with a session to give. */
  free(): string[]
  /** How many sessions those have to give. */
  room(): number
  /** Every encoder that was tried, and what came of it. */
  results(): TrialResult[]
  /** For one attempt, which has to close it. */
  open(): HardwareHold
  /** Device nodes that a run with this encoder opens. */
  nodes(name: string): readonly string[]
  /** It let an encode down that software managed, or that may have no other. */
  failed(name: string): void
  succeeded(name: string): void
  close(): void
}

/** What one attempt has of the sessions; encoders by ffmpeg's names, each as often as it is used at once. */
export type HardwareHold = {
  /** What a plan may use now, with the sessions that it can have. */
  usable(): UsableEncoder[]
  /** Waits for the sessions of encoders that the job names. Rejects with the signal's reason. */
  reserve(names: readonly string[], signal: AbortSignal): Promise<void>
  /** Holds what these need, and no more; right after `usable`, so that nobody comes in between. */
  settle(names: readonly string[]): void
  /** What is in use. */
  used(): readonly string[]
  close(): void
}

type Device = Candidate & { breaker: Breaker; results: TrialResult[] }

export type HardwareOptions = {
  config: Pick<Config, 'hardware' | 'hardwareSessions'>
  capabilities: Capabilities
  log: Pick<Logger, 'info' | 'warn'>
  /** A job may find now what it lacked: a session is free, or a device is back. */
  onFree(): void
  /** For tests. */
  breaker?: BreakerOptions
  devices?: Candidate[]
}

/** Tries what there may be. Without device nodes, where no family is named, it starts nothing. */
export async function createHardware(options: HardwareOptions): Promise<Hardware> {
  const { config, capabilities, log, onFree, breaker = BREAKER } = options
  const candidates = options.devices ?? findDevices(config)
  const devices: Device[] = await Promise.all(
    candidates.map(async (candidate) => {
      const results = await tryFamily(capabilities, candidate)
      for (const { name, refusal } of results) {
        if (refusal === null) log.info({ encoder: name }, 'a hardware encoder passed its trial')
        else log.warn({ encoder: name, refusal }, 'a hardware encoder did not pass its trial')
      }
      return { ...candidate, breaker: new Breaker(breaker), results }
    }),
  )
  const sessions = new Sessions(config.hardwareSessions, onFree)
  const timers = new Map<Device, NodeJS.Timeout>()
  const passed = ({ breaker: { isOut }, results }: Device) =>
    isOut ? [] : results.filter((each) => each.refusal === null)
  const deviceOf = (name: string) => devices.find(({ family }) => family === familyOf(name)?.family)
  const countOf = (names: readonly string[]) => {
    const counts = new Map<string, number>()
    for (const name of names) {
      const device = deviceOf(name)?.device
      if (device) counts.set(device, (counts.get(device) ?? 0) + 1)
    }
    return counts
  }

  function tryAgainIn(device: Device, delayMs: number): void {
    log.warn({ family: device.family, delayMs }, 'a hardware device is out until a trial passes')
    const timer = setTimeout(() => void tryAgain(device), delayMs)
    timer.unref()
    timers.set(device, timer)
  }

  async function tryAgain(device: Device): Promise<void> {
    const results = await tryFamily(capabilities, device)
    if (!timers.has(device)) return
    timers.delete(device)
    if (!results.some(({ refusal }) => refusal === null)) return tryAgainIn(device, device.breaker.takeOut())
    device.results = results
    device.breaker.takeBack(performance.now())
    log.info({ family: device.family }, 'a hardware device is back')
    onFree()
  }

  return {
    able: () => devices.flatMap((device) => passed(device).map(({ name }) => name)),
    free: () =>
      devices.flatMap((device) => (sessions.free(device.device) > 0 ? passed(device).map(({ name }) => name) : [])),
    room() {
      const able = new Set(devices.flatMap((device) => (passed(device).length > 0 ? device.device : [])))
      return [...able].reduce((sum, device) => sum + sessions.free(device), 0)
    },
    results: () => devices.flatMap(({ results }) => results),
    nodes: (name) => deviceOf(name)?.nodes ?? [],
    failed(name) {
      const device = deviceOf(name)
      const delayMs = device?.breaker.failed(performance.now()) ?? null
      if (device && delayMs !== null) tryAgainIn(device, delayMs)
    },
    succeeded: (name) => deviceOf(name)?.breaker.succeeded(),
    open() {
      const held = sessions.open()
      let used: readonly string[] = []
      return {
        usable: () =>
          devices.flatMap((device) =>
            passed(device).map(({ name, tenBits }) => ({
              ...{ name, tenBits, node: device.node, device: device.device },
              sessions: held.available(device.device),
            })),
          ),
        reserve: (names, signal) => held.wait(countOf(names), signal),
        settle(names) {
          used = names
          held.settle(countOf(names))
        },
        used: () => used,
        close() {
          used = []
          held.close()
        },
      }
    },
    close() {
      for (const timer of timers.values()) clearTimeout(timer)
      timers.clear()
    },
  }
}
