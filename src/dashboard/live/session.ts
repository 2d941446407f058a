/** Who this browser is to the server. */
import { signal } from '@preact/signals'
import type { Problem, Session } from '../../contract/index.js'
import { restartStream } from './fleet-stream.js'
import { isRefused, SERVER } from './server.js'

/** Null until it is known, and while the browser is signed out. */
export const session = signal<Session | null>(null)

const AGAIN_MS = 5_000

const ask = (init?: RequestInit) => fetch(`${SERVER}/v1/session`, init)

export async function readSession(): Promise<void> {
  try {
    const response = await ask()
    if (response.ok) session.value = (await response.json()) as Session
    else if (response.status === 401) isRefused.value = true
  } catch {
    setTimeout(readSession, AGAIN_MS)
  }
}

/** Null when it is done, and the page begins anew; else what stands against it. */
export async function signIn(key: string): Promise<Problem | null> {
  const headers = { 'content-type': 'application/json' }
  const response = await ask({ method: 'POST', headers, body: JSON.stringify({ key }) })
  if (!response.ok) return (await response.json()) as Problem
  beginAnew()
  return null
}

export async function signOut(): Promise<void> {
  const response = await ask({ method: 'DELETE' })
  if (response.ok) beginAnew()
}

/** Whatever is shown belongs to the one before, in this tab and in the stream that all tabs share. */
function beginAnew(): void {
  restartStream()
  location.reload()
}
