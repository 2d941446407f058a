/** The server this page came from, and its clock. */
import { signal } from '@preact/signals'
import { FfleetClient } from '../../client/index.js'

/** Path of the page, without a slash at its end: '' or such as `/transcode` behind a proxy. */
export const BASE = new URL(document.baseURI).pathname.replace(/\/+$/, '')

/** Whole, because a path would take over a login that stands in the address, and with one nothing can be fetched. */
export const SERVER = location.origin + BASE

let offsetMs = 0
let bestRoundTripMs = Number.POSITIVE_INFINITY

/** Times are the server's; the clock of a browser may be hours off. Rests on `Date` of the quickest answer so far. */
export const serverNow = () => Date.now() + offsetMs

function learnClock(response: Response, sentMs: number): void {
  const toldMs = Date.parse(response.headers.get('date') ?? '')
  const roundTripMs = Date.now() - sentMs
  if (Number.isNaN(toldMs) || roundTripMs > bestRoundTripMs) return
  bestRoundTripMs = roundTripMs
  // Half a second, because the header has whole ones.
  offsetMs = toldMs + 500 - (sentMs + roundTripMs / 2)
}

/** The server asks for a key, and this browser has not signed in with one that counts. */
export const isRefused = signal(false)

export const client = new FfleetClient({
  baseUrl: SERVER,
  fetch: async (url, init) => {
    const sentMs = Date.now()
    const response = await fetch(url, init)
    learnClock(response, sentMs)
    if (response.status === 401) isRefused.value = true
    return response
  },
})

/** A link of the API, as this browser reaches it. */
export const hrefOf = (link: string) => BASE + link
