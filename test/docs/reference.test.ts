/** The reference says what the code says: codes, events, settings, metrics, commands, routes, presets, exports. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Value } from 'typebox/value'
import { beforeAll, describe, expect, it } from 'vitest'
import { CLI_EXAMPLES } from '../../docs/reference/generate/cli-examples.js'
import { type Declarations, readDeclarations } from '../../docs/reference/generate/declarations.js'
import { EVENTS_MODULE } from '../../docs/reference/generate/events.js'
import { routesOf } from '../../docs/reference/generate/http.js'
import { HTTP_EXAMPLES } from '../../docs/reference/generate/http-examples.js'
import { entries } from '../../docs/reference/generate/library.js'
import { fillParts, markedParts } from '../../docs/reference/generate/marks.js'
import { type OpenApi, readOpenApi } from '../../docs/reference/generate/openapi.js'
import { FILES, PAGES, render } from '../../docs/reference/generate/pages.js'
import { readRecorded } from '../../docs/reference/generate/recorded.js'
import { SCHEMAS } from '../../src/api/schemas.js'
import { commandNames, findCommand } from '../../src/cli/commands.js'
import { SETTINGS } from '../../src/config/settings.js'
import { ERROR_CODES, errorSpec, JOB_EVENT_TYPES, Preset, WORKER_EVENT_TYPES } from '../../src/contract/index.js'
import { createMetrics, METRICS } from '../../src/metrics.js'
import { SHIPPED_PRESETS } from '../../src/presets/index.js'
import { allPages, PROJECT, readDocPage } from './pages.js'

const pathOf = (file: string) => `docs/reference/${file}`
const textOf = (file: string) => readFileSync(join(PROJECT, pathOf(file)), 'utf8')
/** Code at the beginning of headings of a level. */
const headings = (file: string, level: number) =>
  readDocPage(pathOf(file))
    .headings.filter((heading) => heading.level === level)
    .flatMap(({ text }) => [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name!))
/** Cells of the first column of tables, where they are code. */
const firstCells = (file: string) =>
  [...textOf(file).matchAll(/^\| (<a id="[^"]*"><\/a>)?`([^`]+)`[^|]*\|(.*)\|$/gm)].map(([, anchor, name, rest]) => ({
    anchored: anchor !== undefined,
    name: name!,
    rest: rest!.replaceAll(/ +/g, ' '),
  }))

let api: OpenApi
let declarations: Declarations
beforeAll(async () => {
  api = await readOpenApi()
  declarations = readDeclarations([EVENTS_MODULE, ...entries().values()])
})

describe('generating again changes nothing in', () => {
  it.each(FILES)('%s', async (file) => {
    expect(await render(file), 'run `npm run docs`').toBe(textOf(file))
  })

  it.each(Object.keys(PAGES))('%s, and nothing that is generated is left out of it', async (file) => {
    expect(markedParts(textOf(file)).sort()).toEqual(Object.keys(await PAGES[file]!()).sort())
  })
})

describe('what fills the pages', () => {
  const page = 'before\n<!-- generated a -->\nold\n<!-- /generated -->\nafter\n'

  it('replaces what is between the marks, and nothing else', () => {
    const filled = fillParts(page, { a: 'new\n' })
    expect(filled).toBe('before\n<!-- generated a -->\n\nnew\n\n<!-- /generated -->\nafter\n')
    expect(fillParts(filled, { a: 'new' })).toBe(filled)
  })

  it('refuses a mark that nothing is generated for', () => {
    expect(() => fillParts(page, { b: '' })).toThrow('part a')
  })
})

describe('errors.md', () => {
  it('has every code of the registry once, with its title, status and hint', () => {
    const rows = firstCells('errors.md').filter(({ name }) => /^[A-Z_]+$/.test(name))
    expect(rows.map(({ name }) => name).sort()).toEqual([...ERROR_CODES].sort())
    for (const { name, rest } of rows) {
      const spec = errorSpec(name as (typeof ERROR_CODES)[number])
      expect(rest).toContain(` ${spec.title} |`)
      const where = spec.job ? '| job |' : '| command line |'
      expect(rest).toContain(spec.status === null ? where : `| ${spec.status}`)
      expect(rest).toContain(spec.retryable ? '| yes |' : '| no |')
    }
  })

  it('can be linked to by code', () => {
    const { anchors } = readDocPage(pathOf('errors.md'))
    expect(ERROR_CODES.filter((code) => !anchors.has(code.toLowerCase()))).toEqual([])
  })
})

describe('events.md', () => {
  it('has a section and an example for every event', () => {
    const types = [...JOB_EVENT_TYPES, ...WORKER_EVENT_TYPES]
    expect(headings('events.md', 3)).toEqual(types)
    const examples = readDocPage(pathOf('events.md')).blocks.filter(({ language }) => language === 'json')
    expect(examples.map(({ code }) => JSON.parse(code).type)).toEqual(types)
  })

  it('shows examples that have the fields of the types, and no others', () => {
    const alternatives = ['JobEvent', 'WorkerEvent'].flatMap((name) => declarations.alternatives(EVENTS_MODULE, name))
    for (const event of readRecorded().events) {
      const declared = alternatives.find(({ literals }) => literals('type').includes(event.type))!
      expect(Object.keys(event).sort(), event.type).toEqual(declared.fields.map(({ name }) => name).sort())
    }
  })
})

describe('configuration.md', () => {
  it('has every setting once, with its default', () => {
    const described = firstCells('configuration.md').filter(({ anchored }) => anchored)
    expect(described.map(({ name }) => name)).toEqual(Object.values(SETTINGS).map(({ key }) => key))
    for (const [i, { defaultText }] of Object.values(SETTINGS).entries())
      expect(described[i]!.rest).toContain(defaultText)
  })
})

describe('metrics.md', () => {
  it('has every metric of the registry', async () => {
    const registered = (await createMetrics().registry.getMetricsAsJSON()).map(({ name }) => name)
    const listed = firstCells('metrics.md').map(({ name }) => name)
    const own = registered.filter((name) => name.startsWith('ffleet_'))
    expect(own.filter((name) => !listed.includes(name))).toEqual([])
    expect(listed.filter((name) => /^ffleet_\w+$/.test(name) && !own.includes(name))).toEqual([])
  })

  it('tells the values of every label, and of no other', () => {
    const text = textOf('metrics.md')
    const table = text.slice(text.search(/^\| label /m), text.indexOf('## Histograms'))
    const told = [...table.matchAll(/^\| ((?:`\w+`(?:, )?)+) +\|/gm)].flatMap(([, names]) => names!.match(/\w+/g)!)
    const labels = new Set(Object.values(METRICS).flatMap((metric): readonly string[] => metric.labels))
    expect(told.sort()).toEqual([...labels].sort())
  })
})

describe('presets.md', () => {
  it('has every shipped preset in full', () => {
    expect(headings('presets.md', 3)).toEqual(SHIPPED_PRESETS.map(({ name }) => name))
    const blocks = readDocPage(pathOf('presets.md')).blocks.filter(({ language }) => language === 'json')
    expect(blocks.map(({ code }) => JSON.parse(code))).toEqual(SHIPPED_PRESETS)
  })

  it('tells what every kind is', () => {
    const { enum: kinds } = Preset.properties.kind as unknown as { enum: string[] }
    const text = textOf('presets.md')
    const table = text.slice(text.search(/^\| `kind` +\| is /m), text.indexOf('### What goes together'))
    expect([...table.matchAll(/^\| `(\w+)` /gm)].slice(1).map(([, name]) => name)).toEqual(kinds)
  })
})

describe('http.md', () => {
  it('has every route, and an example for each', () => {
    const routes = [...routesOf(api).keys()].sort()
    expect(headings('http.md', 3).sort()).toEqual(routes)
    expect(Object.keys(HTTP_EXAMPLES).sort()).toEqual(routes)
  })

  it('runs an example for each route', () => {
    const { blocks } = readDocPage(pathOf('http.md'))
    const run = blocks.filter(({ marks }) => marks.run !== undefined).map(({ code }) => code.trimEnd())
    expect(Object.values(HTTP_EXAMPLES).filter((example) => !run.includes(example.run))).toEqual([])
  })

  it('has every schema', () => {
    const { headings: all } = readDocPage(pathOf('http.md'))
    const listed = all.slice(all.findIndex(({ text }) => text === 'Schemas') + 1).map(({ text }) => text)
    expect(listed).toEqual(Object.keys(api.components.schemas).sort())
  })

  it('shows examples that fit their schemas', () => {
    const named = Object.fromEntries(SCHEMAS.map((schema) => [(schema as { $id?: string }).$id!, schema]))
    const { job, report, problem, worker, queue } = readRecorded()
    const examples = { Job: job, Report: report, Problem: problem, WorkerInfo: worker, QueueInfo: queue }
    for (const [name, example] of Object.entries(examples)) {
      expect([...Value.Errors(named, named[name]!, example)], name).toEqual([])
    }
  })
})

describe('cli.md', () => {
  it('has every command with all of its arguments and options, and an example for each', async () => {
    expect(headings('cli.md', 3)).toEqual(commandNames().map((name) => `ffleet ${name}`))
    expect(Object.keys(CLI_EXAMPLES).sort()).toEqual(commandNames().sort())
    const text = textOf('cli.md')
    for (const name of commandNames()) {
      const { args = {} } = await findCommand(name)!.load()
      const start = text.indexOf(`### \`ffleet ${name}\``)
      const section = text.slice(start, text.indexOf('\n### ', start + 1) >>> 0)
      for (const [key, arg] of Object.entries(args as Record<string, { type?: string; description?: string }>)) {
        const shown = arg.type === 'positional' ? `\`${key.toUpperCase()}\`` : `--${key}`
        expect(section, `${name} ${key}`).toContain(shown)
        expect(section, `${name} ${key}`).toContain(arg.description?.replaceAll(/[|<]/g, '\\$&'))
      }
    }
  })

  it('types an example of every command somewhere', () => {
    const run = allPages()
      .flatMap(({ blocks }) => blocks.filter(({ marks }) => marks.run !== undefined))
      .map(({ code }) => code)
      .join('\n')
    expect(commandNames().filter((name) => !new RegExp(`\\bffleet ${name}\\b`).test(run))).toEqual([])
  })
})

describe('library.md', () => {
  it('has every export of every entry of the package', () => {
    const text = textOf('library.md')
    for (const [entry, path] of entries()) {
      const start = text.indexOf(`<!-- generated ${entry.replace('/', '-')} -->`)
      expect(start, entry).toBeGreaterThan(0)
      const section = text.slice(start, text.indexOf('<!-- /generated -->', start))
      for (const { name } of declarations.exports(path)) expect(section, entry).toMatch(new RegExp(`\`${name}[\`(]`))
    }
  })

  it('has something to say of every class, function and constant', () => {
    const silent = [...entries().values()].flatMap((path) =>
      declarations.exports(path).filter(({ kind, doc }) => kind !== 'type' && doc === ''),
    )
    expect(silent.map(({ name }) => name)).toEqual([])
  })
})

/** A setting, metric, code or command that a page speaks of is one. */
describe('names in all pages exist', () => {
  const pages = allPages().map((page) => [page.path, page.text] as const)
  const settings = Object.values(SETTINGS).map(({ key }): string => key)
  const metrics = Object.values(METRICS).map(({ name }): string => name)

  it.each(pages)('%s', (_path, text) => {
    const found = (pattern: RegExp) => [...new Set([...text.matchAll(pattern)].map(([, name]) => name!))]
    // One that a page misspells on purpose, and one that is of the tests.
    const others = ['FFLEET_SLOT', 'FFLEET_TEST_REDIS']
    expect(
      found(/\b(FFLEET_[A-Z_]*[A-Z])\b/g).filter((key) => !settings.includes(key) && !others.includes(key)),
    ).toEqual([])
    const bare = (name: string) => name.replace(/_(bucket|sum|count)$/, '')
    expect(
      found(/\b(ffleet_[a-z_]+[a-z])\b/g).filter(
        (name) => !metrics.includes(bare(name)) && !settings.includes(name.toUpperCase()),
      ),
    ).toEqual([])
    expect(
      found(/errors\.md#([a-z_]+)/g).filter(
        (id) => !(ERROR_CODES as string[]).includes(id.toUpperCase()) && id.includes('_'),
      ),
    ).toEqual([])
    expect(found(/`ffleet ([a-z]+)[ `]/g).filter((name) => findCommand(name) === undefined)).toEqual([])
  })
})
