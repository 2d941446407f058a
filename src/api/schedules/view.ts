import { type Job, renameFiles, type Schedule, type ScheduleRun, shownUri } from '../../contract/index.js'
import { type KeptRun, nextSlots, type Queue, type ScheduleRecord } from '../../queue/index.js'

const NEXT = 5
const iso = (ms: number) => new Date(ms).toISOString()

/** Schedules and their runs as the API shows them. */
export function createScheduleView({ schedules, jobs }: Pick<Queue, 'schedules' | 'jobs'>) {
  async function showRun(run: KeptRun): Promise<ScheduleRun> {
    const job: Job | null = run.jobId === null ? null : await jobs.get(run.jobId)
    return { ...run, jobState: job?.state ?? null }
  }

  async function show(schedule: ScheduleRecord): Promise<Schedule> {
    const { name, tenant, timing, job, overlap, catchUp, paused, madeBy } = schedule
    const [newest] = await schedules.runs(schedule)
    const self = `/v1/schedules/${name}`
    return {
      ...{ name, tenant, cron: timing.cron, everyMs: timing.everyMs, timeZone: timing.timeZone },
      ...{ job: renameFiles(job, shownUri), overlap, catchUp, paused, madeBy: madeBy.name },
      nextRuns: paused ? [] : nextSlots(timing, Date.now(), NEXT).map(iso),
      lastRun: newest ? await showRun(newest) : null,
      createdAt: iso(schedule.createdMs),
      updatedAt: iso(schedule.updatedMs),
      links: { self, runs: `${self}/runs` },
    }
  }

  return { show, showRun }
}
