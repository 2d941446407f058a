import { readFile } from 'node:fs/promises'

/** A row of the table in the guide: what a taken-over decoder tries, and what becomes of it. */
export type Promised = { what: string; sandbox: string; without: string }

const GUIDE = new URL('../../docs/guides/taken-over-decoder.md', import.meta.url)

export async function promised(): Promise<Promised[]> {
  const rows = (await readFile(GUIDE, 'utf8')).split('\n').filter((line) => line.startsWith('| '))
  return rows.slice(1).flatMap((row) => {
    const [what = '', sandbox = '', without = ''] = row
      .split('|')
      .slice(1)
      .map((cell) => cell.trim())
    return /^-+$/.test(what) ? [] : [{ what, sandbox, without }]
  })
}
