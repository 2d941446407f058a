/** Which devices there may be, by the nodes that their drivers make. Whether they can be used, a trial tells. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../../src/config/index.js'
import { HARDWARE_FAMILIES, type HardwareFamily } from '../../src/contract/index.js'

/** A family that is worth a trial, and the device that its encoders share with others. */
export type Candidate = {
  family: HardwareFamily
  /** Those of one device share its sessions. */
  device: 'nvidia' | 'render' | 'videotoolbox'
  /** What a run of it opens. */
  nodes: string[]
  /** What filters upload to; null where they do not. */
  node: string | null
}

const DEVICE_OF: Record<HardwareFamily, Candidate['device']> = {
  nvenc: 'nvidia',
  qsv: 'render',
  vaapi: 'render',
  amf: 'render',
  videotoolbox: 'videotoolbox',
}

/** `dev`, `platform`: for tests. */
export function findDevices(
  { hardware }: Pick<Config, 'hardware'>,
  { dev = '/dev', platform = process.platform }: { dev?: string; platform?: NodeJS.Platform } = {},
): Candidate[] {
  if (hardware === 'none') return []
  const nodesOf = {
    nvidia: [...nodesIn(dev, /^(?:nvidia.*|dxg)$/), ...nodesIn(join(dev, 'nvidia-caps'), /./)],
    render: nodesIn(join(dev, 'dri'), /^renderD\d+$/),
    videotoolbox: [],
  }
  const isThere = (device: Candidate['device']) =>
    device === 'videotoolbox' ? platform === 'darwin' : nodesOf[device].length > 0
  const families = hardware === 'auto' ? HARDWARE_FAMILIES.filter((family) => isThere(DEVICE_OF[family])) : hardware
  return families.map((family) => {
    const device = DEVICE_OF[family]
    const nodes = nodesOf[device]
    return { family, device, nodes, node: device === 'render' ? (nodes[0] ?? null) : null }
  })
}

/** In order; none where there is no such folder. A folder among them has its own nodes. */
function nodesIn(folder: string, name: RegExp): string[] {
  try {
    const found = readdirSync(folder, { withFileTypes: true }).filter(
      (each) => name.test(each.name) && !each.isDirectory(),
    )
    return found.map((each) => join(folder, each.name)).sort()
  } catch {
    return []
  }
}
