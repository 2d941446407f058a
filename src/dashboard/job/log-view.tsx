import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { sleep } from '../../client/abort.js'
import { FfleetApiError, type LogPage, type LogQuery } from '../../client/index.js'
import type { Job } from '../../contract/index.js'
import { LOG_LEVELS, type LogLevel } from '../../contract/log-line.js'
import { isTerminal } from '../../contract/states.js'
import { client, hrefOf } from '../live/server.js'
import { bytes } from '../words/figures.js'
import { words } from '../words/texts.js'
import type { Said } from './follow-job.js'

/** A line of the log of an attempt that somebody wants to see; made anew each time. */
export type Culprit = { attempt: number; line: string }

type Line = LogPage['items'][number]
/** `find`: what is shown is the newest line with this text, among its neighbours; made anew each time. */
type Query = { attempt: number; search: string; level: LogLevel | ''; find: { text: string } | null }

const PAGE = 300
/** The log itself may have hundreds of megabytes: so much of it is held, and the server looks through the rest. */
const MOST_LINES = 2_000
const AGAIN_MS = 1_500
const TYPING_MS = 300
/** Pages that are asked for in a row, when a search has found nothing in one. */
const SEARCH_PAGES = 40

/** ffmpeg's log: its end, followed live; searched on the server. */
export function LogView({ job, said, culprit }: { job: Job; said: Said[]; culprit: Culprit | null }) {
  const w = words.value
  const [query, setQuery] = useState<Query>({ attempt: job.attempt, search: '', level: '', find: null })
  const [typed, setTyped] = useState('')
  const box = useRef<HTMLDivElement>(null)
  const section = useRef<HTMLElement>(null)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const log = useLog(job, query)
  const atEnd = useRef(true)

  useEffect(() => setQuery((was) => ({ ...was, attempt: job.attempt })), [job.attempt])
  useEffect(() => {
    if (culprit === null) return
    setTyped('')
    setQuery({ attempt: culprit.attempt, search: '', level: '', find: { text: saidIn(culprit.line) } })
    section.current?.scrollIntoView({ block: 'start' })
    box.current?.focus({ preventScroll: true })
  }, [culprit])
  useEffect(() => () => clearTimeout(timer.current), [])
  useLayoutEffect(() => {
    const lines = box.current
    const found = lines?.querySelector<HTMLElement>('[data-found]')
    if (found) lines!.scrollTop = found.offsetTop - lines!.offsetTop - lines!.clientHeight / 3
    else if (atEnd.current && lines !== null) lines.scrollTop = lines.scrollHeight
  }, [log.lines])

  if (job.attempt === 0) return null
  const change = (next: Partial<Query>) => {
    atEnd.current = true
    setQuery({ ...query, find: null, ...next })
  }
  const search = (text: string) => {
    setTyped(text)
    clearTimeout(timer.current)
    timer.current = setTimeout(() => change({ search: text }), TYPING_MS)
  }
  return (
    <section class="sheet log" ref={section}>
      <h2>{w.log}</h2>
      <div class="log-head">
        <input
          type="search"
          value={typed}
          placeholder={w.searchLog}
          aria-label={w.searchLog}
          maxLength={256}
          onInput={(event) => search(event.currentTarget.value)}
        />
        <select
          aria-label={w.level}
          value={query.level}
          onChange={(event) => change({ level: event.currentTarget.value as LogLevel | '' })}
        >
          <option value="">{w.allLevels}</option>
          {LOG_LEVELS.map((level) => (
            <option key={level} value={level}>
              {w.levelAndWorse(level)}
            </option>
          ))}
        </select>
        {job.attempt > 1 ? (
          <select
            aria-label={w.attempt}
            value={query.attempt}
            onChange={(event) => change({ attempt: Number(event.currentTarget.value) })}
          >
            {Array.from({ length: job.attempt }, (_, i) => i + 1).map((attempt) => (
              <option key={attempt} value={attempt}>
                {w.attemptNo(attempt)}
              </option>
            ))}
          </select>
        ) : null}
        <span class="quiet figure">{log.size === null ? '' : bytes(log.size)}</span>
        {log.none ? null : (
          <a href={hrefOf(`${job.links.log}?attempt=${query.attempt}`)} target="_blank" rel="noreferrer">
            {w.wholeLog}
          </a>
        )}
      </div>
      <div
        class="lines"
        ref={box}
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label={w.log}
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          atEnd.current = scrollTop + clientHeight > scrollHeight - 8
        }}
      >
        {log.previous === null ? null : (
          <button type="button" class="plain" disabled={log.busy} onClick={() => void log.back()}>
            {log.busy ? w.loading : query.search === '' ? w.earlierLines : w.searchFurther}
          </button>
        )}
        {log.lines.map(({ at, level, text }) => (
          <div
            key={at}
            data-level={level ?? 'none'}
            data-found={at === log.found ? '' : undefined}
            aria-current={at === log.found ? true : undefined}
            class="line"
          >
            {text}
          </div>
        ))}
        {log.detached ? (
          <button type="button" class="plain" onClick={() => change({})}>
            {w.newestLines}
          </button>
        ) : null}
        {log.lines.length === 0 && !log.busy ? (
          <p class="quiet">{log.none ? (isTerminal(job.state) ? w.neverLog : w.noLog) : w.noLineFits}</p>
        ) : null}
      </div>
      {log.lines.length === 0 && said.length > 0 && log.none ? (
        <div class="lines">
          {said.map(({ level, text }, i) => (
            <div key={i} data-level={level} class="line">
              {text}
            </div>
          ))}
        </div>
      ) : null}
    </section>
  )
}

/** The part of ffmpeg that says it stands in the log with its address, and the level before or behind it: what is said is searched for. */
function saidIn(line: string): string {
  return line.replace(/^(\[[^\]]*\] )+(?=.)/, '').slice(0, 200)
}

type Log = {
  lines: Line[]
  size: number | null
  previous: number | null
  busy: boolean
  /** There is no log. */
  none: boolean
  /** Its end is not among what is held: somebody went back so far, or to a line that was found. */
  detached: boolean
  /** Where the line begins that was found. */
  found: number | null
  back(): Promise<void>
}

function useLog(job: Job, query: Query): Log {
  const [state, setState] = useState<Omit<Log, 'back'>>(EMPTY)
  const newest = useRef(state)
  newest.current = state
  const isRunning = job.state === 'active' && query.attempt === job.attempt
  const { attempt, search, level, find } = query
  const asked = { attempt, limit: PAGE, search: search || undefined, level: level || undefined }
  const stop = useRef(new AbortController())

  useEffect(() => {
    if (attempt === 0) return
    const own = new AbortController()
    stop.current = own
    const { signal } = own
    const follow = async () => {
      setState({ ...EMPTY, busy: true })
      const read = (of: LogQuery) => client.logLines(job.id, { ...asked, ...of }, { signal })
      const readBack = async (of: LogQuery) => {
        let page = await read(of)
        for (let n = 0; page.items.length === 0 && page.previous !== null && n < SEARCH_PAGES; n++)
          page = await read({ ...of, before: page.previous })
        return page
      }
      const found = find === null ? null : ((await readBack({ search: find.text })).items.at(-1)?.at ?? null)
      if (found !== null) {
        const [before, after] = [await read({ before: found + 1 }), await read({ after: found + 1 })]
        const lines = [...before.items, ...after.items]
        const detached = after.next !== null
        setState({ ...EMPTY, lines, size: after.bytes, previous: before.previous, found, detached })
        return
      }
      const page = await readBack({})
      setState({ ...EMPTY, lines: page.items, size: page.bytes, previous: page.previous })
      let { next } = page
      while (next !== null && !signal.aborted) {
        await sleep(AGAIN_MS)
        if (document.hidden || signal.aborted) continue
        const more: LogPage = await client.logLines(job.id, { ...asked, after: next }, { signal })
        next = more.next
        const { current: was } = newest
        if (was.detached) return
        const all = [...was.lines, ...more.items]
        if (more.items.length > 0 || more.bytes !== was.size) {
          const cut = all.slice(-MOST_LINES)
          setState({ ...was, lines: cut, size: more.bytes, previous: cut[0] === all[0] ? was.previous : cut[0]!.at })
        }
      }
    }
    const keepOn = () =>
      follow().catch((error) => {
        if (signal.aborted) return
        setState({ ...newest.current, busy: false, none: error instanceof FfleetApiError && error.status === 404 })
        // It is written as soon as ffmpeg runs.
        if (isRunning) setTimeout(() => signal.aborted || void keepOn(), AGAIN_MS)
      })
    void keepOn()
    return () => own.abort()
    // A log that is complete is read once more when the attempt ends.
  }, [job.id, attempt, search, level, find, isRunning])

  const back = async () => {
    const { signal } = stop.current
    if (newest.current.previous === null) return
    setState({ ...newest.current, busy: true })
    try {
      let page = await client.logLines(job.id, { ...asked, before: newest.current.previous }, { signal })
      for (let n = 0; page.items.length === 0 && page.previous !== null && n < SEARCH_PAGES; n++) {
        page = await client.logLines(job.id, { ...asked, before: page.previous }, { signal })
      }
      const all = [...page.items, ...newest.current.lines]
      const detached = newest.current.detached || all.length > MOST_LINES
      setState({ ...newest.current, lines: all.slice(0, MOST_LINES), previous: page.previous, busy: false, detached })
    } catch {
      if (!signal.aborted) setState({ ...newest.current, busy: false })
    }
  }
  return { ...state, back }
}

const EMPTY: Omit<Log, 'back'> = {
  lines: [],
  size: null,
  previous: null,
  busy: false,
  none: false,
  detached: false,
  found: null,
}
