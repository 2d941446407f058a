import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { COMMANDS } from '../../../src/queue/permissions.js'

const BULLMQ = join(dirname(fileURLToPath(import.meta.resolve('bullmq'))), 'scripts')
const OWN = resolve(import.meta.dirname, '../../../src/queue')

test.each([
  ['BullMQ', BULLMQ, '.js'],
  ['ffleet', OWN, '.ts'],
])('what scripts of %s call is asked for at the start', (_whose, folder, extension) => {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith(extension))
  const text = files.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n')
  const called = [...text.matchAll(/(?:rcall|redis\.p?call)\(\s*["']([A-Za-z]+)/g)].map(([, name]) =>
    name!.toLowerCase(),
  )
  expect(called.length).toBeGreaterThan(100)
  const known = COMMANDS.map((command) => command.split(' ')[0])
  expect([...new Set(called)].filter((name) => !known.includes(name))).toEqual([])
})
