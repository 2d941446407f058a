/** The kinds of setting that say how a browser comes to see the page. */
import { listed, type Row, type Setting, setting } from './kinds.js'

/** Where a proxy may show the server: steps such as `/videos/transcode`, none of which leads back. */
export const BASE_PATH = /^(\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~-]+)+$/

/** A path below which the server is shown, without a slash at its end; '' is the root. */
export function basePath(row: Row<string>): Setting<string> {
  const takes = 'a path such as /transcode: steps of letters, digits and . _ ~ -, each behind a slash'
  return setting(row, {
    type: 'path of an address',
    read: (text) => {
      const value = text.replace(/\/+$/, '')
      return BASE_PATH.test(value) || ['', '/'].includes(text) ? { value } : { takes }
    },
  })
}

const ORIGIN = /^https?:\/\/(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:\d{1,5})?$/i

/** Who may show something in a frame, as a Content-Security-Policy says it; nothing that would end that part of it. */
export function frameAncestors(row: Row<string>): Setting<string> {
  const takes = "'none', 'self', or origins such as https://example.com, with spaces between; 'self' may be among them"
  return setting(row, {
    type: "`'none'`, `'self'` or origins",
    read: (text) => {
      const sources = text.split(/ +/)
      const fits = text === "'none'" || sources.every((source) => source === "'self'" || ORIGIN.test(source))
      return fits ? { value: sources.join(' ') } : { takes }
    },
  })
}

/** Origins, with commas between them, exactly as browsers write them: scheme, name, and the port where it is not the usual one. */
export function origins(row: Row<readonly string[]>): Setting<readonly string[]> {
  const takes = 'origins such as https://app.example with commas between them, each exact: no path, no *'
  return setting(row, {
    type: 'origins',
    read: (text) => {
      const value = listed(text)
        .map((origin) => origin.replace(/\/$/, ''))
        .filter(Boolean)
      const isExact = (origin: string) => ORIGIN.test(origin) && !origin.includes('*') && URL.canParse(origin)
      return value.every(isExact) ? { value: value.map((origin) => new URL(origin).origin) } : { takes }
    },
  })
}
