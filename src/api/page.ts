/** The web page, as `npm run build` made it: two documents, and the folder of what they load. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { BASE_PATH } from '../config/page-kinds.js'
import { FfleetError } from '../contract/index.js'

export type Page = {
  /** Path under which a proxy shows the server, such as `/transcode`; '' for none. `X-Forwarded-Prefix` goes before it. */
  basePath: string
  /** Sources that may show a watch link in a frame, as in a Content-Security-Policy: `'self'`, `https://example.com`. */
  frameAncestors: string
}

export const DEFAULT_PAGE: Page = { basePath: '', frameAncestors: "'self'" }

/** No outside request, nothing inline. What a player of streams has put together is a `blob:`. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; " +
  "connect-src 'self'; worker-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors"

/** A worker's script is bound by the policy that it came with. */
export const ASSET_POLICY = "default-src 'none'; connect-src 'self'; frame-ancestors 'none'"

const BASE = '<base href="/" />'

/** Beside `dist/src`, found from the source tree and from `dist` alike. */
const FOLDERS = ['../../dashboard/', '../../dist/dashboard/'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
)

/** Null where the page was not built. */
export function assetFolder(): string | null {
  const folder = FOLDERS.find((each) => read(`${each}index.html`) !== null)
  return folder === undefined ? null : `${folder}assets`
}

/** Sends a document; `frames`: who may show it in a frame. */
export function sendDocument(
  name: 'index.html' | 'watch.html',
  { page, frames }: { page: Page; frames: string },
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const document = FOLDERS.map((each) => read(each + name)).find((text) => text !== null)
  if (document === undefined) {
    throw new FfleetError('NOT_FOUND', 'The page was not built.', {
      hint: '`npm run build` builds it; /docs is there.',
    })
  }
  return reply
    .type('text/html; charset=utf-8')
    .headers({ 'content-security-policy': `${POLICY} ${frames}`, 'cache-control': 'no-cache', vary: 'Accept' })
    .send(document.replace(BASE, `<base href="${prefixOf(request, page)}/" />`))
}

/** Below which path the asker sees the server: as the proxy says, else as the setting says; '' at the root. */
export function prefixOf({ headers }: Pick<FastifyRequest, 'headers'>, { basePath }: Page = DEFAULT_PAGE): string {
  const told = String(headers['x-forwarded-prefix'] ?? '').replace(/\/+$/, '')
  return BASE_PATH.test(told) ? told : basePath
}

const documents = new Map<string, string>()

/** Read once it is there. Null where it is not. */
function read(path: string): string | null {
  try {
    if (!documents.has(path)) documents.set(path, readFileSync(path, 'utf8'))
    return documents.get(path)!
  } catch {
    return null
  }
}
