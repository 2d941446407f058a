import { signal } from '@preact/signals'
import type { Preset } from '../../contract/index.js'
import { client } from './server.js'

/** The recipes of the server, read once; empty until they are there. */
export const presets = signal<Preset[]>([])

export async function readPresets(): Promise<void> {
  try {
    presets.value = await client.presets()
  } catch {
    setTimeout(readPresets, 5_000)
  }
}
