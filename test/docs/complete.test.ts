/** Pages that list things list all of them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { JOB_STATES, PHASES } from '../../src/contract/index.js'
import { createNames } from '../../src/queue/keys.js'
import { PROJECT, readDocPage } from './pages.js'

it('the index links every decision', () => {
  const links = readDocPage('docs/index.md').links.map(({ target }) => target)
  const decisions = readdirSync(join(PROJECT, 'docs/adr')).map((name) => `adr/${name}`)
  expect(decisions.length).toBeGreaterThan(0)
  expect(links).toEqual(expect.arrayContaining(decisions))
})

it('the architecture page names every Redis key and channel', () => {
  const page = readFileSync(join(PROJECT, 'docs/architecture.md'), 'utf8')
  const { keys, channels } = createNames({ namespace: null, db: 0 })
  const names = [...Object.values(keys), ...Object.values(channels)].map((key) =>
    typeof key === 'string' ? key : (key as (...parts: string[]) => string)('*', '*'),
  )
  const kinds = new Set(names.filter((name) => name.startsWith('ffleet:')).map((name) => name.split(':')[1]!))
  expect([...kinds].filter((kind) => !page.includes(`ffleet:${kind}`))).toEqual([])
})

it('the glossary names every state and phase', () => {
  const page = readFileSync(join(PROJECT, 'docs/glossary.md'), 'utf8')
  expect([...JOB_STATES, ...PHASES].filter((word) => !page.includes(word))).toEqual([])
})
