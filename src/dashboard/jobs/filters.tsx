import type { RefObject } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { ListFilter } from '../../client/index.js'
import { ERROR_CODES, ERRORS } from '../../contract/errors.js'
import { JOB_STATES } from '../../contract/states.js'
import { presets } from '../live/presets.js'
import { queue } from '../live/queue.js'
import { address, go, setQuery } from '../shell/router.js'
import { number } from '../words/figures.js'
import { words } from '../words/texts.js'
import { fromLocalField, isNarrowed, localField } from './filter.js'

const TYPING_MS = 300

/** What is listed: by state with counts, by text, and by the rest behind a fold. */
export function Filters({ filter, search }: { filter: ListFilter; search: RefObject<HTMLInputElement | null> }) {
  const w = words.value
  const { query } = address.value
  const narrowed = isNarrowed({ ...filter, text: undefined })
  const [open, setOpen] = useState(narrowed)
  const counts = queue.value?.counts ?? null
  return (
    <div class="filters">
      <div class="states" role="group" aria-label={w.byState}>
        {[undefined, ...JOB_STATES].map((state) => (
          <button
            type="button"
            key={state ?? 'all'}
            aria-pressed={filter.state === state}
            data-state={state}
            onClick={() => setQuery({ state: state ?? null })}
          >
            {state === undefined ? w.all : w.states[state]}
            {state !== undefined && counts !== null ? <span class="count">{number(counts[state])}</span> : null}
          </button>
        ))}
      </div>
      <SearchField input={search} />
      <button type="button" class="plain" aria-expanded={open} onClick={() => setOpen(!open)}>
        {w.moreFilters}
      </button>
      {open ? (
        <div class="more-filters">
          <label>
            {w.preset}
            <select value={query.get('preset') ?? ''} onChange={(e) => setQuery({ preset: e.currentTarget.value })}>
              <option value="">{w.any}</option>
              {presets.value.map(({ name }) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
          <label>
            {w.errorCode}
            <select value={query.get('code') ?? ''} onChange={(e) => setQuery({ code: e.currentTarget.value })}>
              <option value="">{w.any}</option>
              {ERROR_CODES.filter((code) => ERRORS[code].job).map((code) => (
                <option key={code}>{code}</option>
              ))}
            </select>
          </label>
          <TagField />
          {(['since', 'until'] as const).map((name) => (
            <label key={name}>
              {w[name]}
              <input
                type="datetime-local"
                value={localField(query.get(name))}
                onChange={(e) => setQuery({ [name]: fromLocalField(e.currentTarget.value) })}
              />
            </label>
          ))}
          <label>
            {w.order}
            <select value={query.get('order') ?? ''} onChange={(e) => setQuery({ order: e.currentTarget.value })}>
              <option value="">{w.runningFirst}</option>
              <option value="newest">{w.newestFirst}</option>
            </select>
          </label>
        </div>
      ) : null}
      {isNarrowed(filter) ? (
        <button type="button" class="plain" onClick={() => go('/', { replace: true })}>
          {w.clearFilters}
        </button>
      ) : null}
    </div>
  )
}

function SearchField({ input }: { input: RefObject<HTMLInputElement | null> }) {
  const w = words.value
  const text = address.value.query.get('text') ?? ''
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => {
    // The address may change without this field.
    if (input.current !== null && document.activeElement !== input.current) input.current.value = text
  }, [text, input])
  useEffect(() => () => clearTimeout(timer.current), [])
  const later = (value: string) => {
    clearTimeout(timer.current)
    timer.current = setTimeout(() => setQuery({ text: value }), TYPING_MS)
  }
  return (
    <input
      type="search"
      class="search"
      ref={input}
      placeholder={w.search}
      aria-label={w.search}
      aria-keyshortcuts="/"
      maxLength={256}
      defaultValue={text}
      onInput={(event) => later(event.currentTarget.value)}
    />
  )
}

function TagField() {
  const w = words.value
  const { query } = address.value
  const tags = [...query].filter(([name]) => name.startsWith('tag.'))
  const take = (text: string) => {
    const named = Object.fromEntries(
      text
        .split(/\s+/)
        .filter((each) => each.includes('='))
        .map((each) => [`tag.${each.slice(0, each.indexOf('='))}`, each.slice(each.indexOf('=') + 1)]),
    )
    setQuery({ ...Object.fromEntries(tags.map(([name]) => [name, null])), ...named })
  }
  return (
    <label>
      {w.tags}
      <input
        placeholder="customer=42"
        value={tags.map(([name, value]) => `${name.slice(4)}=${value}`).join(' ')}
        onChange={(event) => take(event.currentTarget.value)}
      />
    </label>
  )
}
