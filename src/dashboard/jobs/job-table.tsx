import type { RefObject } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { JobList } from '../live/job-list.js'
import { words } from '../words/texts.js'
import { JobRow } from './job-row.js'

export type TableProps = {
  list: JobList
  runningFirst: boolean
  selected: ReadonlySet<string>
  current: string | null
  onSelect(id: string): void
  onSelectAll(): void
  view: RefObject<HTMLDivElement | null>
}

/** Rows drawn above and below what is seen. */
const SPARE = 6
/** The next page is asked for when so many rows are left below. */
const AHEAD = 40

/** Every row has the same height, so that only those that are seen need to be there. */
export function JobTable({ list, runningFirst, selected, current, onSelect, onSelectAll, view }: TableProps) {
  void list.version.value
  const w = words.value
  const ids = list.order(runningFirst)
  const [seen, setSeen] = useState({ top: 0, height: 800, row: 46 })
  const frame = useRef(0)

  useLayoutEffect(() => {
    const box = view.current!
    const look = () => {
      frame.current = 0
      const row = Number.parseFloat(getComputedStyle(box).getPropertyValue('--row-height')) || 46
      setSeen((was) => {
        const now = { top: box.scrollTop, height: box.clientHeight, row }
        return was.top === now.top && was.height === now.height && was.row === now.row ? was : now
      })
    }
    const later = () => {
      frame.current ||= requestAnimationFrame(look)
    }
    const sized = new ResizeObserver(later)
    sized.observe(box)
    box.addEventListener('scroll', later, { passive: true })
    look()
    return () => {
      sized.disconnect()
      box.removeEventListener('scroll', later)
      cancelAnimationFrame(frame.current)
    }
  }, [view])

  const first = Math.max(0, Math.floor(seen.top / seen.row) - SPARE)
  const last = Math.min(ids.length, Math.ceil((seen.top + seen.height) / seen.row) + SPARE)
  if (list.hasMore && last + AHEAD >= ids.length) void list.more()

  return (
    <div
      class="table"
      role="grid"
      tabIndex={0}
      ref={view}
      aria-label={w.jobs}
      aria-rowcount={list.hasMore ? -1 : ids.length + 1}
      aria-multiselectable="true"
      aria-activedescendant={current === null ? undefined : `row-${current}`}
    >
      <div class="row head" role="row" aria-rowindex={1}>
        <span role="columnheader" class="cell-select">
          <input
            type="checkbox"
            tabIndex={-1}
            aria-label={w.selectAll}
            checked={ids.length > 0 && ids.every((id) => selected.has(id))}
            onChange={onSelectAll}
          />
        </span>
        <span role="columnheader">{w.state}</span>
        <span role="columnheader">{w.job}</span>
        <span role="columnheader">{w.progress}</span>
        <span role="columnheader" class="figure">
          {w.speed}
        </span>
        <span role="columnheader" class="figure">
          {w.left}
        </span>
        <span role="columnheader" class="figure">
          {w.attempt}
        </span>
        <span role="columnheader">{w.worker}</span>
        <span role="columnheader" class="figure">
          {w.heardHead}
        </span>
      </div>
      <div class="rows" role="rowgroup" style={{ height: `${ids.length * seen.row}px` }}>
        {ids.slice(first, last).map((id, i) => (
          <JobRow
            key={id}
            row={list.get(id)!}
            index={first + i + 1}
            top={(first + i) * seen.row}
            selected={selected.has(id)}
            current={id === current}
            onSelect={onSelect}
          />
        ))}
      </div>
    </div>
  )
}
