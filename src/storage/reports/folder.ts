/** Reports in a folder that workers and API share: `<job>/attempt-<n>.ndjson` and `.log` are appended and read in place. */
import { appendFile, mkdir, readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { safeJobId, systemCode } from '../names.js'
import { openAsItIs } from '../open-as-it-is.js'
import { readReports } from './read.js'
import type { ReportFile, ReportPart, ReportStore } from './store.js'

/** Nothing is touched before the first call. */
export function openFolderReports(root: string): ReportStore {
  const folderOf = (jobId: string) => join(root, safeJobId(jobId))
  const pathOf = ({ jobId, attempt, kind }: ReportFile) => join(folderOf(jobId), `attempt-${attempt}.${kind}`)

  async function place(file: ReportFile): Promise<string> {
    await mkdir(folderOf(file.jobId), { recursive: true })
    return pathOf(file)
  }

  const reader = readReports({
    async attempts(jobId, kind) {
      const pattern = new RegExp(`^attempt-(\\d+)\\.${kind}$`)
      return (await list(folderOf(jobId))).flatMap((name) => pattern.exec(name)?.[1] ?? []).map(Number)
    },
    open: (file) => openAsItIs(pathOf(file)),
    list: () => list(root),
  })

  return {
    ...reader,
    place,
    grown: async () => {},
    append: (jobId, part, options) =>
      appendPart(pathOf({ jobId, attempt: part.attempt.attempt, kind: 'ndjson' }), part, options),
    logPath: (jobId, attempt) => place({ jobId, attempt, kind: 'log' }),
    remove: (jobId) => rm(folderOf(jobId), { recursive: true, force: true, maxRetries: 3 }),
    unsent: null,
  }
}

/** Adds a line to the file of an attempt, whose folder is made where it lacks. */
export async function appendPart(file: string, part: ReportPart, { last } = { last: false }): Promise<void> {
  // A line begins with its line feed: one that a full disk cut off spoils none that comes after it.
  const line = `\n${JSON.stringify(part)}`
  await appendFile(file, line, { flush: last }).catch(async (error) => {
    if (systemCode(error) !== 'ENOENT') throw error
    await mkdir(dirname(file), { recursive: true })
    await appendFile(file, line, { flush: last })
  })
}

/** Sorted; empty where there is no such folder. */
export async function list(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort()
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw error
  }
}
