import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { JobList } from '../live/job-list.js'
import { Link } from '../shell/link.js'
import { TO_SUBMIT, whyNot } from '../shell/permission.js'
import { address, go } from '../shell/router.js'
import { Standstill } from '../shell/standstill.js'
import { words } from '../words/texts.js'
import { type Action, allows, BulkActions } from './bulk.js'
import { filterOf, isNarrowed } from './filter.js'
import { Filters } from './filters.js'
import { JobTable } from './job-table.js'

/** Everything there is, live. */
export function JobsPage() {
  const w = words.value
  const { query } = address.value
  const asked = query.toString()
  const filter = useMemo(() => filterOf(query), [asked])
  const runningFirst = query.get('order') !== 'newest'
  const list = useList(filter)
  void list.version.value
  const ids = list.order(runningFirst)
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const [pointed, setCurrent] = useState<string | null>(null)
  const [asking, setAsking] = useState<Action | null>(null)
  const view = useRef<HTMLDivElement>(null)
  const search = useRef<HTMLInputElement>(null)
  // Of another filter they are not seen.
  const current = pointed !== null && list.get(pointed) !== undefined ? pointed : null
  const chosen = [...selected].flatMap((id) => list.get(id)?.job ?? [])

  const toggle = (id: string) => {
    const next = new Set(selected)
    if (!next.delete(id)) next.add(id)
    setSelected(next)
  }
  const toggleAll = () => setSelected(chosen.length >= ids.length ? new Set() : new Set(ids))
  const move = (by: number) => {
    const at = current === null ? -1 : ids.indexOf(current)
    const next = Math.min(ids.length - 1, Math.max(0, at + by))
    setCurrent(ids[next] ?? null)
    reveal(view.current, next)
  }

  const ask = (action: Action) =>
    chosen.some((job) => allows(action, job)) && whyNot(TO_SUBMIT) === null && setAsking(action)

  useKeys({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    '/': () => search.current?.focus(),
    x: () => current !== null && toggle(current),
    Enter: () => current !== null && go(`/jobs/${current}`),
    c: () => ask('cancel'),
    r: () => ask('retry'),
    Escape: () => setSelected(new Set()),
  })

  return (
    <main class="jobs">
      <h1 class="unseen">{w.jobs}</h1>
      <Filters filter={filter} search={search} />
      <Standstill />
      <BulkActions
        jobs={chosen}
        asked={asking}
        onAsk={setAsking}
        onClear={() => setSelected(new Set())}
        onRemoved={(id) => list.forget(id)}
      />
      {list.error.value === null ? null : (
        <p class="notice bad" role="alert">
          {list.error.value.message}
        </p>
      )}
      {list.loaded.value && ids.length === 0 ? (
        <p class="empty">
          {isNarrowed(filter) || filter.state !== undefined ? w.noneFits : w.noneYet}{' '}
          {isNarrowed(filter) || filter.state !== undefined ? null : <Link to="/new">{w.newJob}</Link>}
        </p>
      ) : (
        <JobTable
          list={list}
          runningFirst={runningFirst}
          selected={selected}
          current={current}
          onSelect={toggle}
          onSelectAll={toggleAll}
          view={view}
        />
      )}
      <p class="keys quiet">{w.keys}</p>
    </main>
  )
}

function useList(filter: ReturnType<typeof filterOf>): JobList {
  const list = useMemo(() => new JobList(filter), [filter])
  useEffect(() => () => list.close(), [list])
  return list
}

function reveal(box: HTMLDivElement | null, index: number): void {
  if (box === null) return
  const row = Number.parseFloat(getComputedStyle(box).getPropertyValue('--row-height')) || 46
  const head = box.querySelector<HTMLElement>('.head')?.offsetHeight ?? row
  const top = index * row
  if (top < box.scrollTop) box.scrollTop = top
  else if (top + row + head > box.scrollTop + box.clientHeight) box.scrollTop = top + row + head - box.clientHeight
}

/** Keys of the page; while somebody types or is asked something they are letters, and Enter is that of what has the focus. */
function useKeys(keys: Record<string, () => unknown>): void {
  const newest = useRef(keys)
  newest.current = keys
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return
      const target = event.target as HTMLElement
      if (target.closest('input:not([type=checkbox]), textarea, select, dialog')) {
        if (event.key === 'Escape') target.blur()
        return
      }
      if (event.key === 'Enter' && target.closest('a, button') !== null) return
      const action = newest.current[event.key]
      if (action === undefined) return
      event.preventDefault()
      action()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])
}
