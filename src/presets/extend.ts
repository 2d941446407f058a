/** Presets of the operator as a whole: what a file gives, on top of the preset that it extends. */
import { Preset } from '../contract/index.js'
import { schemaFaults } from '../contract/schema-faults.js'
import { nearest } from '../nearest.js'
import { inherit, withDefaults } from './inherit.js'
import type { Fault, Fields, Read } from './read-fields.js'
import { crossFieldFaults } from './rules.js'

/** How many presets one may stand on, one upon another. */
const MAX_BASES = 8

/** What gives the fields of a preset; `file` is `ffleet` for one that is shipped. */
export type Source = Read & { file: string }

/** `bases`: what it extends, the nearest first. */
export type Made = { preset: Preset; bases: string[] }

export function sourceOf(preset: Preset): Source {
  return { file: 'ffleet', fields: preset, isYaml: false, place: () => null }
}

/** The preset of a source. `known`: what it may extend, by name. */
export function makePreset(source: Source, known: ReadonlyMap<string, Source>): Made | { faults: Fault[] } {
  const chain = chainOf(source, known)
  if ('detail' in chain)
    return { faults: [{ pointer: '/extends', detail: chain.detail, place: source.place('/extends') }] }
  let base: Fields = {}
  for (const each of [...chain.sources, source].slice(0, -1)) {
    const made = complete(each, base)
    if ('faults' in made) {
      const detail = `${each.fields.name} can't be used; mend ${each.file} first`
      return { faults: [{ pointer: '/extends', detail, place: source.place('/extends') }] }
    }
    base = made.preset
  }
  const made = complete(source, base)
  return 'faults' in made ? made : { ...made, bases: chain.sources.map(({ fields }) => String(fields.name)).reverse() }
}

/** All that it stands on, the root first. */
function chainOf(source: Source, known: ReadonlyMap<string, Source>): { sources: Source[] } | { detail: string } {
  const sources: Source[] = []
  const names = [shown(source.fields.name)]
  let { extends: next } = source.fields
  while (next !== undefined && next !== null) {
    if (typeof next !== 'string') return { detail: 'must be the name of a preset' }
    const base = known.get(next)
    const isCircle = names.includes(next)
    names.push(next)
    const chain = names.join(' extends ')
    if (isCircle) return { detail: `goes in a circle: ${chain}; let one of them extend none` }
    if (base === undefined) return { detail: `there is no preset ${shown(next)}${guess(next, known)} (${chain})` }
    sources.unshift(base)
    if (sources.length > MAX_BASES)
      return { detail: `stands on more than ${MAX_BASES} others: ${chain}; extend one further down` }
    next = base.fields.extends
  }
  return { sources }
}

function guess(name: string, known: ReadonlyMap<string, Source>): string {
  const [near] = nearest(name, [...known.keys()])
  return near === undefined ? '; extend a shipped one, or one of the files beside it' : `; did you mean ${near}?`
}

/** Names that are none are cut to what can be told. */
function shown(name: unknown): string {
  return typeof name === 'string' ? name.slice(0, 64) : 'it'
}

/** The fields of a source on its base's, if that is a whole preset. */
function complete(source: Source, base: Fields): { preset: Preset } | { faults: Fault[] } {
  const { extends: _, ...own } = source.fields
  const preset = withDefaults(inherit(base, own))
  const faults = schemaFaults(Preset, preset, 'a preset')
  const all = faults.length > 0 ? faults : crossFieldFaults(preset as Preset)
  if (all.length === 0) return { preset: preset as Preset }
  return {
    faults: all.map(({ pointer, detail }) => ({
      pointer,
      detail: source.isYaml && detail === 'must be string' ? 'must be string; put it in quotes' : detail,
      place: source.place(pointer),
    })),
  }
}
