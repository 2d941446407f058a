/** Whether a device may be why a group failed, and what follows. */
import { type ErrorCode, FfleetError } from '../../src/contract/index.js'
import { diagnose } from '../../src/diagnosis/index.js'
import type { HardwareEncoding, PassGroup } from '../../src/plan/index.js'
import { EncodeFailed } from '../stages/encode.js'
import type { Hardware } from './index.js'

/** What a driver may fail with; anything else is of the input, the disk or the machine. */
const MAY_BE_THE_DEVICE: ReadonlySet<ErrorCode> = new Set(['ENCODER_FAILED', 'ENCODER_NOT_AVAILABLE', 'OUTPUT_INVALID'])

/**
 * The outputs that software may make in the place of a device, by name, each with the encoder that failed; null: none.
 *
 * @throws FfleetError HARDWARE_FAILED where the device may be at fault, and may have no substitute.
 */
export function fallBack(error: unknown, group: PassGroup, hardware: Hardware): Map<string, string> | null {
  const used = group.outputs.flatMap(({ name, hardware: encoding }) => (encoding ? [{ name, encoding }] : []))
  const detail = used.length === 0 ? null : deviceFault(error)
  if (detail === null) return null
  const free = used.filter(({ encoding }) => !encoding.isNamed)
  if (free.length > 0) return new Map(free.map(({ name, encoding }) => [name, encoding.name]))
  const names = distinct(used.map(({ encoding }) => encoding))
  for (const name of names) hardware.failed(name)
  throw new FfleetError('HARDWARE_FAILED', `${names.join(' or ')} failed on this worker. ${detail}`, { cause: error })
}

/** A group is made: what it was made with works, and what it fell back from does not. */
export function settleBlame(group: PassGroup, fellBack: ReadonlyMap<string, string>, hardware: Hardware): void {
  const failed = new Set(group.outputs.flatMap(({ name }) => fellBack.get(name) ?? []))
  for (const name of failed) hardware.failed(name)
  const used = group.outputs.flatMap(({ hardware: encoding }) => encoding ?? [])
  for (const name of distinct(used)) hardware.succeeded(name)
}

function distinct(encodings: readonly HardwareEncoding[]): string[] {
  return [...new Set(encodings.map(({ name }) => name))]
}

/** In words; null: the device is not to blame. */
function deviceFault(error: unknown): string | null {
  const found =
    error instanceof EncodeFailed
      ? diagnose(error.result)
      : error instanceof FfleetError
        ? { code: error.code, detail: error.message }
        : null
  return found && MAY_BE_THE_DEVICE.has(found.code) ? found.detail : null
}
