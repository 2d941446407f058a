/**
 * Writes what the reference pages say after the code: `npm run docs`. With `--record` it first runs a fleet and records
 * the examples anew. `test/docs/reference.test.ts` fails as long as this would change a page.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { FILES, render } from './generate/pages.js'
import { RECORDED, writtenDown } from './generate/recorded.js'

if (process.argv.includes('--record')) {
  const { recordExamples } = await import('../../test/docs/record-examples.js')
  await mkdir(new URL('.', RECORDED), { recursive: true })
  await writeFile(RECORDED, writtenDown(await recordExamples()))
}
for (const file of FILES) await writeFile(new URL(file, import.meta.url), await render(file))
