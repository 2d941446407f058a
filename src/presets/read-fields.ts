/** The fields that a preset's file gives, in JSON or YAML, and where they stand in it. */
import { readFile, stat } from 'node:fs/promises'
import { extname } from 'node:path'
import type { Document, LineCounter, YAMLError } from 'yaml'
import type { SchemaFault } from '../contract/schema-faults.js'

/** Larger than any preset that a person writes. */
const MAX_PRESET_FILE_BYTES = 64 * 1024
/** What anchors may stand for, all in all; more is no preset but a bomb. */
const MAX_ALIASES = 10

export const PRESET_EXTENSIONS = ['.json', '.yaml', '.yml'] as const

export type Fields = Record<string, unknown>

/** Counted from 1. */
export type Place = { line: number; column: number }

/** Where a preset is wrong; null: at no one place of its file. */
export type Fault = SchemaFault & { place: Place | null }

/** `place`: where a field stands, or what of its path is there. */
export type Read = { fields: Fields; isYaml: boolean; place: (pointer: string) => Place | null }

export async function readFields(path: string): Promise<Read | { faults: Fault[] }> {
  const whole = (detail: string, place: Place | null = null) => ({ faults: [{ pointer: '', detail, place }] })
  const facts = await stat(path)
  if (!facts.isFile()) return whole('is not a file')
  if (facts.size > MAX_PRESET_FILE_BYTES) return whole(`is larger than ${MAX_PRESET_FILE_BYTES} bytes`)
  const isYaml = extname(path) !== '.json'
  const text = await readFile(path, 'utf8')
  const { LineCounter, parseDocument } = await import('yaml')
  const lines = new LineCounter()
  // JSON is read as YAML too: for the places of its fields, and for those that stand there twice.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true, logLevel: 'error' })
  const at = (offset: number) => placeIn(lines, offset)
  let fields: unknown
  try {
    if (!isYaml) fields = JSON.parse(text)
  } catch (error) {
    return whole(`is not JSON: ${(error as Error).message}`, jsonPlace(error as Error, at))
  }
  const [wrong] = [...document.errors, ...document.warnings].filter(({ code }) => isYaml || code === 'DUPLICATE_KEY')
  if (wrong !== undefined) return whole(`is not ${isYaml ? 'YAML' : 'JSON'}: ${wordsOf(wrong)}`, at(wrong.pos[0]))
  try {
    if (isYaml) fields = written(document)
  } catch (error) {
    return whole(`${(error as Error).message}; write it out without anchors`)
  }
  if (!isObject(fields)) return whole('must be object')
  return { fields, isYaml, place: (pointer) => placeOf(document, pointer, at) }
}

/** What the document says, its anchors written out. @throws Error where that is more than a preset, or has no end. */
function written(document: Document.Parsed): unknown {
  let fields: unknown
  let bytes = Number.POSITIVE_INFINITY
  try {
    fields = document.toJS({ maxAliasCount: MAX_ALIASES })
    bytes = JSON.stringify(fields).length
  } catch (error) {
    const { message } = error as Error
    if (message.includes('Unresolved alias')) throw new Error('has an alias without its anchor', { cause: error })
    if (message.includes('circular')) throw new Error('has an anchor that holds itself', { cause: error })
  }
  if (bytes > MAX_PRESET_FILE_BYTES) throw new Error('has anchors that stand for too much')
  return fields
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What the library says of a few faults means little to who wrote the file. */
function wordsOf({ code, message }: YAMLError): string {
  switch (code) {
    case 'DUPLICATE_KEY':
      return 'a field is given twice; keep one of them'
    case 'MULTIPLE_DOCS':
      return 'it holds one preset; put each into a file of its own'
    case 'TAB_AS_INDENT':
      return 'tabs do not indent; take spaces'
    case 'TAG_RESOLVE_FAILED':
      return 'tags such as !name mean nothing here; leave them out'
    default:
      return message
  }
}

/** V8 tells an offset of most faults. */
function jsonPlace({ message }: Error, at: (offset: number) => Place): Place | null {
  const [, offset] = /at position (\d+)/.exec(message) ?? []
  return offset === undefined ? null : at(Number(offset))
}

function placeIn(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset)
  return { line, column: col }
}

function placeOf(document: Document.Parsed, pointer: string, at: (offset: number) => Place): Place | null {
  const steps = pointer.split('/').slice(1)
  for (let depth = steps.length; depth > 0; depth -= 1) {
    const node = document.getIn(steps.slice(0, depth), true) as { range?: [number, number, number] } | undefined
    if (node?.range) return at(node.range[0])
  }
  return null
}
