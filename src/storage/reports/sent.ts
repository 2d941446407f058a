/**
 * Reports that are read elsewhere: they grow in a folder of this machine, and what is new of them is sent. What cannot be sent waits there
 * until it can.
 */
import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolders } from '../folders.js'
import { safeJobId } from '../names.js'
import { appendPart, list } from './folder.js'
import { REPORT_KINDS, type ReportFile, type ReportStore } from './store.js'

export type ReportTarget = {
  /** How often what is new of a log is sent. */
  everyMs: number
  /** Sends what is not there yet of a file, up to so many bytes. `last`: it will not grow. Whoever sends the same meanwhile does no harm. */
  send(file: ReportFile, path: string, bytes: number, last: boolean): Promise<void>
  remove(jobId: string): Promise<void>
}

const NAME = new RegExp(`^([^.]+)\\.(\\d+)\\.(${REPORT_KINDS.join('|')})$`)

type Sending = { bytes: number; timer: NodeJS.Timeout | undefined; under: Promise<void> }

/** `folder`: nothing but what waits or grows lies in it, as plain files, `<job>.<attempt>.log`. */
export function openSentReports(
  folder: string,
  target: ReportTarget,
): Pick<ReportStore, 'append' | 'logPath' | 'remove' | 'place' | 'grown'> & {
  unsent: NonNullable<ReportStore['unsent']>
} {
  const known = new Map<string, Sending>()
  const nameOf = ({ jobId, attempt, kind }: ReportFile) => `${safeJobId(jobId)}.${attempt}.${kind}`

  async function place(file: ReportFile): Promise<string> {
    const path = join(folder, nameOf(file))
    await makeFolders(folder, 0o700)
    return path
  }

  function sendingOf(file: ReportFile): Sending {
    const name = nameOf(file)
    const sending = known.get(name) ?? { bytes: -1, timer: undefined, under: Promise.resolve() }
    known.set(name, sending)
    return sending
  }

  /** One after the other, each what is new by then. */
  function send(file: ReportFile, last = false): Promise<void> {
    const sending = sendingOf(file)
    sending.under = sending.under
      .catch(() => {})
      .then(async () => {
        const path = join(folder, nameOf(file))
        const bytes = (await stat(path).catch(() => null))?.size ?? -1
        if (bytes === -1 || (bytes === sending.bytes && !last)) return
        await target.send(file, path, bytes, last)
        sending.bytes = bytes
      })
    return sending.under
  }

  async function forget(file: ReportFile): Promise<void> {
    clearInterval(known.get(nameOf(file))?.timer)
    known.delete(nameOf(file))
    await rm(join(folder, nameOf(file)), { force: true })
  }

  /** What is sent whole does not stay. */
  async function end(jobId: string, attempt: number): Promise<void> {
    const files = REPORT_KINDS.map((kind) => ({ jobId, attempt, kind }))
    const ended = files.map(async (file) => {
      clearInterval(sendingOf(file).timer)
      await send(file, true)
      await forget(file)
    })
    // Each as far as it comes.
    for (const each of await Promise.allSettled(ended)) if (each.status === 'rejected') throw each.reason
  }

  async function waiting(): Promise<ReportFile[]> {
    return (await list(folder)).flatMap((name) => {
      const [, jobId, attempt, kind] = NAME.exec(name) ?? []
      return jobId === undefined ? [] : { jobId, attempt: Number(attempt), kind: kind as ReportFile['kind'] }
    })
  }

  const waitingOf = async (jobId: string) => (await waiting()).filter((file) => file.jobId === jobId)

  async function drop(jobId: string): Promise<void> {
    for (const file of await waitingOf(jobId)) await forget(file)
  }

  return {
    place,
    grown: (file) => send(file),
    async append(jobId, part, { last } = { last: false }) {
      const file: ReportFile = { jobId, attempt: part.attempt.attempt, kind: 'ndjson' }
      await appendPart(await place(file), part, { last })
      await (last ? end(jobId, part.attempt.attempt) : send(file))
    },
    async logPath(jobId, attempt) {
      const file: ReportFile = { jobId, attempt, kind: 'log' }
      const path = await place(file)
      const sending = sendingOf(file)
      sending.timer ??= setInterval(() => void send(file).catch(() => {}), target.everyMs).unref()
      return path
    },
    async remove(jobId) {
      await drop(safeJobId(jobId))
      await target.remove(jobId)
    },
    unsent: {
      async jobs() {
        const newest = new Map<string, number>()
        for (const file of await waiting()) {
          const stats = await stat(join(folder, nameOf(file))).catch(() => null)
          newest.set(file.jobId, Math.max(newest.get(file.jobId) ?? 0, stats?.mtimeMs ?? 0))
        }
        return [...newest].map(([jobId, modifiedMs]) => ({ jobId, modifiedMs }))
      },
      async send(jobId, attempts) {
        const over = (await waitingOf(jobId)).filter(({ attempt }) => attempt <= attempts)
        for (const attempt of new Set(over.map((file) => file.attempt))) await end(jobId, attempt)
      },
      drop,
    },
  }
}
