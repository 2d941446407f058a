import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { derivedReports } from './derived-reports.js'
import { REPORTS } from './recorded-reports.js'

const metaText = (meta: object) =>
  `{\n${Object.entries(meta)
    .map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`)
    .join(',\n')}\n}\n`

describe('derived reports', () => {
  // `npx vitest run test/unit/progress/derived-reports.test.ts -u` writes them.
  it.each(derivedReports())('$path stands in fixtures/reports as it is derived', async ({ path, progress, meta }) => {
    const file = (extension: string) => fileURLToPath(new URL(`${path}.${extension}`, REPORTS))
    await expect(progress).toMatchFileSnapshot(file('progress'))
    await expect(metaText(meta)).toMatchFileSnapshot(file('meta.json'))
  })
})
