/** The files of the reference that have generated parts, and what generates them. */
import { readFile } from 'node:fs/promises'
import { argumentParts } from './arguments.js'
import { cliParts } from './cli.js'
import { configurationParts } from './configuration.js'
import { type Declarations, readDeclarations } from './declarations.js'
import { errorParts } from './errors.js'
import { EVENTS_MODULE, eventParts } from './events.js'
import { hostileParts } from './hostile.js'
import { httpParts } from './http.js'
import { entries, libraryParts } from './library.js'
import { fillParts } from './marks.js'
import { metricParts } from './metrics.js'
import { type OpenApi, readOpenApi } from './openapi.js'
import { presetParts } from './presets.js'

type Parts = Record<string, string>

let declarations: Declarations | undefined
let api: Promise<OpenApi> | undefined
const declared = () => (declarations ??= readDeclarations([EVENTS_MODULE, ...entries().values()]))
const openApi = () => (api ??= readOpenApi())

/** The generated parts of each page, by their names. */
export const PAGES: Record<string, () => Parts | Promise<Parts>> = {
  'arguments.md': argumentParts,
  'errors.md': errorParts,
  'events.md': () => eventParts(declared()),
  'configuration.md': configurationParts,
  'presets.md': presetParts,
  'metrics.md': metricParts,
  'http.md': async () => httpParts(await openApi()),
  'cli.md': cliParts,
  'library.md': () => libraryParts(declared()),
  '../security.md': hostileParts,
}

const OPENAPI = 'openapi.json'

/** Relative to `docs/reference`. */
export const FILES = [...Object.keys(PAGES), OPENAPI]

/** What a file has to hold, hand-written text included. */
export async function render(file: string): Promise<string> {
  if (file === OPENAPI) return `${JSON.stringify(await openApi(), null, 2)}\n`
  const parts = await PAGES[file]!()
  return fillParts(await readFile(new URL(`../${file}`, import.meta.url), 'utf8'), parts)
}
