/** The address of the page, below where the server is. */
import { signal } from '@preact/signals'
import { BASE } from '../live/server.js'

export type Address = { path: string; query: URLSearchParams }

function read(): Address {
  const path = location.pathname.startsWith(BASE) ? location.pathname.slice(BASE.length) : location.pathname
  return { path: path || '/', query: new URLSearchParams(location.search) }
}

export const address = signal<Address>(read())

addEventListener('popstate', () => {
  address.value = read()
})

/** `path` with its query, such as `/jobs/01J…?attempt=2`. */
export function go(path: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, '', BASE + path)
  else {
    history.pushState(null, '', BASE + path)
    scrollTo(0, 0)
  }
  address.value = read()
}

/** Changes the query of this page; empty values go. Typing does not fill the history. */
export function setQuery(values: Record<string, string | null>): void {
  const { path, query } = address.value
  const next = new URLSearchParams(query)
  for (const [name, value] of Object.entries(values)) {
    if (value === null || value === '') next.delete(name)
    else next.set(name, value)
  }
  go(next.size === 0 ? path : `${path}?${next}`, { replace: true })
}

/** Links of the page are followed without loading it anew. */
export function followLinks(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return
  const link = (event.target as Element).closest<HTMLAnchorElement>('a[data-page]')
  if (link === null) return
  event.preventDefault()
  go(link.dataset.page!)
}
