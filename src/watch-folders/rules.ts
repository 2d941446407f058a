/** The file with the rules of watch folders: read once at start, every fault named at once. */
import { readFile } from 'node:fs/promises'
import { type Preset, WatchRule } from '../contract/index.js'
import { type SchemaFault, schemaFaults } from '../contract/schema-faults.js'
import { folderFaults, type Roots } from './folder-faults.js'
import { presetFaults, ruleFaults, twinFaults } from './rule-faults.js'

/** The rules can't be used; the message names every fault. */
export class WatchRulesError extends Error {
  override readonly name = 'WatchRulesError'
  readonly faults: readonly SchemaFault[]

  constructor(file: string, faults: readonly SchemaFault[]) {
    const lines = faults.map(({ pointer, detail }) => `  ${pointer || 'the file'}: ${detail}`)
    super(`The rules in ${file} can't be used:\n${lines.join('\n')}`)
    this.faults = faults
  }
}

/**
 * The rules of a file, `{"rules": […]}`, in its order.
 *
 * @throws WatchRulesError: no JSON, against the schema, fields that do not fit each other, two rules of one name or for the same
 * files, folders that are not there or may not be watched.
 */
export async function readRules(file: string, roots: Roots): Promise<WatchRule[]> {
  const given = await rulesIn(file)
  const faults = given.flatMap((rule, i) => within(`/rules/${i}`, schemaFaults(WatchRule, rule, 'a rule')))
  // What is said of several fields needs each of them to be right.
  const rules = given as WatchRule[]
  const sound = rules.map((rule, i) => ({ rule, i })).filter(({ i }) => !faults.some(isOf(i)))
  for (const { rule, i } of sound) faults.push(...within(`/rules/${i}`, ruleFaults(rule)))
  faults.push(...twinFaults(sound))
  for (const { rule, i } of sound) {
    if (!faults.some(isOf(i))) faults.push(...within(`/rules/${i}`, await folderFaults(rule, roots)))
  }
  if (faults.length > 0) throw new WatchRulesError(file, faults)
  return rules
}

/** @throws WatchRulesError where rules name presets that the server does not have. */
export function requirePresets(file: string, rules: readonly WatchRule[], presets: readonly Preset[]): void {
  const faults = rules.flatMap((rule, i) => within(`/rules/${i}`, presetFaults(rule, presets)))
  if (faults.length > 0) throw new WatchRulesError(file, faults)
}

async function rulesIn(file: string): Promise<unknown[]> {
  let value: unknown
  try {
    value = JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const detail = code === undefined ? `is not JSON: ${message}` : `cannot be read (${code})`
    throw new WatchRulesError(file, [{ pointer: '', detail }])
  }
  const { rules, ...others } = (typeof value === 'object' && value !== null ? value : {}) as { rules?: unknown }
  if (Array.isArray(rules) && rules.length > 0 && rules.length <= 100 && Object.keys(others).length === 0) return rules
  throw new WatchRulesError(file, [
    { pointer: '', detail: 'must be {"rules": […]} with 1 to 100 rules, and nothing else' },
  ])
}

const within = (base: string, faults: SchemaFault[]) =>
  faults.map(({ pointer, detail }) => ({ pointer: base + pointer, detail }))
const isOf = (i: number) => (fault: SchemaFault) =>
  fault.pointer === `/rules/${i}` || fault.pointer.startsWith(`/rules/${i}/`)
