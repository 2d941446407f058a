/** What the schema cannot say of rules: fields that do not fit each other, and rules that do not. */
import { ARGUMENTS, type Preset, type WatchRule } from '../contract/index.js'
import type { SchemaFault } from '../contract/schema-faults.js'
import { nearest } from '../nearest.js'
import { leavesRoot } from '../storage/names.js'
import { folderOf, isBelow } from './claims.js'
import { outputsOf, RULE_TAG } from './request.js'
import { PLACEHOLDER_WORDS, unknownPlaceholders } from './templates.js'

export function ruleFaults(rule: WatchRule): SchemaFault[] {
  const faults: SchemaFault[] = []
  const fault = (pointer: string, detail: string) => void faults.push({ pointer, detail })
  const { folder, preset, outputs, moveTo, afterwards = 'keep' } = rule
  if (preset === undefined && outputs === undefined)
    fault('', 'says neither `preset` nor `outputs`; it takes one of them')
  if (preset !== undefined && outputs !== undefined) fault('/preset', 'stands beside `outputs`; leave one of them out')
  for (const [field, path] of [
    ['folder', folder],
    ['moveTo', moveTo],
  ] as const) {
    if (path !== undefined && (leavesRoot(path) || path.includes('\0'))) {
      fault(`/${field}`, 'must be relative to the media root, without `..`')
    }
  }
  if (afterwards === 'move' && moveTo === undefined) fault('/moveTo', 'is missing; `afterwards` is `move`')
  if (afterwards !== 'move' && moveTo !== undefined) fault('/moveTo', 'belongs to `afterwards: "move"`; leave it out')
  if (moveTo !== undefined && isBelow(folderOf(moveTo), folderOf(folder))) {
    fault('/moveTo', 'must be another folder than `folder`, and none around it')
  }
  for (const field of ['include', 'exclude'] as const) {
    for (const [i, glob] of (rule[field] ?? []).entries()) {
      if (leavesRoot(glob)) fault(`/${field}/${i}`, 'must be a glob of names inside the folder, without `..`')
    }
  }
  if (rule.tags !== undefined && RULE_TAG in rule.tags)
    fault(`/tags/${RULE_TAG}`, 'is the name of the rule; leave it out')
  faults.push(...templateFaults(rule))
  return faults
}

function templateFaults(rule: WatchRule): SchemaFault[] {
  const faults: SchemaFault[] = []
  const places = new Map<string, number>()
  for (const [i, { path, preset }] of outputsOf({ ...rule, preset: rule.preset ?? '' }).entries()) {
    const pointer = `/outputs/${i}/path`
    for (const word of unknownPlaceholders(path ?? '')) {
      faults.push({ pointer, detail: `has \`{${word}}\`; known are ${PLACEHOLDER_WORDS}` })
    }
    const place = path ?? ''
    const other = places.get(`${place} ${/\{preset\}/.test(path ?? '{preset}') ? preset : ''}`)
    if (other !== undefined) faults.push({ pointer, detail: `is that of outputs[${other}]; give each its own` })
    places.set(`${place} ${/\{preset\}/.test(path ?? '{preset}') ? preset : ''}`, i)
  }
  return faults
}

/** Rules of one name, or for just the same files, of which the second one would never have any. */
export function twinFaults(rules: readonly { rule: WatchRule; i: number }[]): SchemaFault[] {
  const faults: SchemaFault[] = []
  const [names, files] = [new Map<string, number>(), new Map<string, number>()]
  for (const { rule, i } of rules) {
    const named = names.get(rule.name)
    if (named !== undefined)
      faults.push({ pointer: `/rules/${i}/name`, detail: `is that of rules[${named}]; names are unique` })
    else names.set(rule.name, i)
    const same = files.get(filesOf(rule))
    if (same === undefined) files.set(filesOf(rule), i)
    else {
      const detail = `takes the same files as rules[${same}], ${rules.find((each) => each.i === same)!.rule.name}; join them, as \`outputs\` of one`
      faults.push({ pointer: `/rules/${i}`, detail })
    }
  }
  return faults
}

function filesOf({ folder, include, exclude, recursive = false }: WatchRule): string {
  const sorted = (globs: string[] = []) => globs.map((glob) => glob.toLowerCase()).sort()
  return JSON.stringify([folderOf(folder), sorted(include), sorted(exclude), recursive])
}

/** Presets that the server does not have. */
export function presetFaults(rule: WatchRule, presets: readonly Preset[]): SchemaFault[] {
  const names = presets.map(({ name }) => name)
  return outputsOf(rule).flatMap(({ preset }, i) => {
    if (names.includes(preset)) return []
    const pointer = rule.outputs === undefined ? '/preset' : `/outputs/${i}/preset`
    if (preset === ARGUMENTS)
      return [{ pointer, detail: `\`${ARGUMENTS}\` is not for watch folders; make a preset of your own` }]
    const meant = nearest(preset, names, 3)
    const near = meant.length > 0 ? `; near it are ${meant.join(', ')}` : ''
    return [{ pointer, detail: `is \`${preset}\`, and the server has no such preset${near}` }]
  })
}
