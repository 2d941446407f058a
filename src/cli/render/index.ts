import { createNdjsonRenderer } from './ndjson.js'
import { createPlainRenderer } from './plain.js'
import type { Renderer } from './renderer.js'
import { isLive, styleOf } from './style.js'
import { createTtyRenderer, type TtyOptions } from './tty.js'

export type { Renderer } from './renderer.js'

type Options = Partial<Pick<TtyOptions, 'ended' | 'headline' | 'ids' | 'server'>> & { json: boolean }

/** NDJSON when asked for, bars on a terminal, plain lines elsewhere. */
export function createRenderer({ json, ...options }: Options): Renderer {
  const { stdout, stderr, env } = process
  if (json) return createNdjsonRenderer(stdout, stderr)
  if (!isLive(stdout, env)) return createPlainRenderer(stdout, stderr, options)
  return createTtyRenderer({ screen: stdout, style: styleOf(stdout, env), ...options })
}
