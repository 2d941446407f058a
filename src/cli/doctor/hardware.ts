/** Which hardware encoders work here, by the trial that a worker makes. */
import { enclosureFor } from '../../../workers/enclosure.js'
import { findDevices } from '../../../workers/hardware/devices.js'
import { tryFamily } from '../../../workers/hardware/trial.js'
import type { Config } from '../../config/index.js'
import { findCapabilities } from '../../ffmpeg/index.js'
import { type Finding, good, poor } from './finding.js'

export async function checkHardware(config: Config): Promise<Finding[]> {
  const facts = { id: 'hardware', title: 'hardware' }
  const candidates = findDevices(config)
  if (candidates.length === 0) {
    const why = config.hardware === 'none' ? 'none, as FFLEET_HARDWARE says' : 'no device node of an encoder'
    return [good({ ...facts, found: `${why}: everything is encoded in software` })]
  }
  const found = await findCapabilities(config).catch(() => null)
  const choice = found && (await enclosureFor(config, found).catch(() => null))
  // What is wrong with these is said by their own checks.
  if (choice === null) return []
  const capabilities = { ...found!, enclosure: choice.enclosure }
  const results = (await Promise.all(candidates.map((each) => tryFamily(capabilities, each)))).flat()
  const able = results.filter(({ refusal }) => refusal === null)
  if (able.length > 0) {
    const names = able.map(({ name, tenBits }) => (tenBits ? `${name} (8 and 10 bits)` : name))
    return [good({ ...facts, found: `${names.join(', ')}: trials passed` })]
  }
  const hint =
    'Everything is encoded in software. Give the worker driver, device nodes and their group, or set FFLEET_HARDWARE=none.'
  const why = results.map(({ name, refusal }) => `${name}: ${refusal}`).join('; ')
  const families = candidates.map(({ family }) => family).join(', ')
  return [poor({ ...facts, found: why || `ffmpeg here has no encoder of ${families}`, hint })]
}
