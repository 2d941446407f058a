/** What of a code base that uses fluent-ffmpeg runs on the fleet, and how. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { type Call, scanSource } from './scan.js'

export type FoundCall = Call & { file: string }
/** `unread`: files that are no program. */
export type FluentReport = { files: number; calls: FoundCall[]; unread: string[] }

const SOURCE = /\.[cm]?[jt]sx?$/
const SKIPPED = new Set(['node_modules', 'dist', 'build', 'coverage', '.git'])
/** Larger ones are bundles. */
const MAX_BYTES = 2 * 1024 * 1024

/** Reads every program in a folder; runs none. System errors where the folder can't be read. */
export async function reportOn(folder: string): Promise<FluentReport> {
  const report: FluentReport = { files: 0, calls: [], unread: [] }
  for (const path of await sources(folder)) {
    const text = await readFile(path, 'utf8')
    const file = relative(folder, path)
    try {
      const calls = scanSource(text)
      if (calls.length > 0) report.files += 1
      report.calls.push(...calls.map((call) => ({ file, ...call })))
    } catch {
      report.unread.push(file)
    }
  }
  return report
}

async function sources(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const found: string[] = []
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name)
    if (entry.isDirectory() && !SKIPPED.has(entry.name)) found.push(...(await sources(path)))
    if (entry.isFile() && SOURCE.test(entry.name) && (await stat(path)).size <= MAX_BYTES) found.push(path)
  }
  return found
}
