import { createNdjsonRenderer } from './ndjson.js'
import { createPlainRenderer } from './plain.js'
import type { Renderer } from './renderer.js'
import { isLive, styleOf } from './style.js'
import { createTtyRenderer } from './tty.js'

export type { Renderer } from './renderer.js'

/** NDJSON when asked for, bars on a terminal, plain lines elsewhere. */
export function createRenderer(options: { json: boolean; quietEnd?: boolean }): Renderer {
  const { stdout, stderr, env } = process
  if (options.json) return createNdjsonRenderer(stdout, stderr)
  if (!isLive(stdout, env)) return createPlainRenderer(stdout, stderr)
  return createTtyRenderer({ screen: stdout, style: styleOf(stdout, env), quietEnd: options.quietEnd ?? false })
}
