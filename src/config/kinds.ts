/** The kinds of value a setting may take: how its text is read, and how the reference page calls it. */
import { isIP, isIPv4 } from 'node:net'
import { resolve } from 'node:path'
import { readRedisUrl } from '../redis-url.js'
import { type BucketLocation, parseBucket } from '../s3/location.js'

/** What is wrong with a text, as "it takes …" goes on. */
type Refusal = { takes: string }
type Reading<T> = { value: T } | Refusal

/** One row of the configuration table. */
export type Setting<T> = {
  /** The environment variable. */
  readonly key: `FFLEET_${string}`
  /** The kind of value, for people. */
  readonly type: string
  /** Null where the value has none. */
  readonly unit: 'ms' | 'bytes' | 'pixels' | null
  /** The value when the variable is absent or empty. */
  readonly default: T
  /** The default as the reference page shows it. */
  readonly defaultText: string
  readonly description: string
  /** Reads the text; never throws. */
  readonly read: (text: string) => Reading<T>
}

export type Row<T> = {
  key: `FFLEET_${string}`
  default: T
  /** Where the default is worked out at start. */
  defaultText?: string
  description: string
}

/** A row of its kind. */
export function setting<T>(
  row: Row<T>,
  kind: { type: string; unit?: Setting<T>['unit']; read: Setting<T>['read'] },
): Setting<T> {
  const defaultText = row.defaultText ?? (row.default === null ? 'none' : String(row.default))
  return { ...row, defaultText, type: kind.type, unit: kind.unit ?? null, read: kind.read }
}

/** Decimal digits alone: no sign, fraction, exponent or separator. */
export function integer(
  row: Row<number> & { min: number; max: number; unit?: Setting<number>['unit'] },
): Setting<number> {
  const { min, max, unit = null, ...rest } = row
  const type = `whole number, ${min} to ${max}`
  const takes = `a whole number${unit === null ? '' : ` of ${unit === 'ms' ? 'milliseconds' : unit}`} from ${min} to ${max}`
  return setting(rest, {
    type,
    unit,
    read: (text) => {
      const value = Number(text)
      return /^\d{1,16}$/.test(text) && value >= min && value <= max ? { value } : { takes }
    },
  })
}

/** An address to listen on. */
export function address(row: Row<string>): Setting<string> {
  const takes = 'an IP address, such as 127.0.0.1, ::1 or 0.0.0.0, or localhost'
  return setting(row, {
    type: 'IP address',
    read: (value) => (value === 'localhost' || isIP(value) > 0 ? { value } : { takes }),
  })
}

/** Whether this machine alone can reach it. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}

/** What only its holder may know; a message never shows it. */
export function secret(row: Row<string | null>): Setting<string | null> {
  return setting<string | null>(row, { type: 'text', read: (value) => ({ value }) })
}

/** One of a few words. */
export function choice<const W extends readonly string[]>(row: Row<W[number]> & { words: W }): Setting<W[number]> {
  const { words, ...rest } = row
  const takes = `one of ${words.join(', ')}`
  return setting<W[number]>(rest, {
    type: takes,
    read: (value) => (words.includes(value) ? { value } : { takes }),
  })
}

/** One of a few words, or names out of a list with commas between them. */
export function choices<const W extends string, N extends string>(
  row: Row<W | readonly N[]> & { words: readonly W[]; names: readonly N[] },
): Setting<W | readonly N[]> {
  const { words, names, ...rest } = row
  const takes = `one of ${words.join(', ')}, or some of ${names.join(', ')}`
  return setting<W | readonly N[]>(rest, {
    type: takes,
    read: (text) => {
      const word = words.find((each) => each === text)
      if (word !== undefined) return { value: word }
      const asked = listed(text)
      const known = names.filter((name) => asked.includes(name))
      return asked.length > 0 && asked.every((each) => known.includes(each as N)) ? { value: known } : { takes }
    },
  })
}

/** What stands between commas. */
export function listed(text: string): string[] {
  return text
    .split(',')
    .map((each) => each.trim())
    .filter(Boolean)
}

/** One name that matches `pattern`; `takes`: what it is, with an example. */
export function name(row: Row<string | null> & { pattern: RegExp; takes: string }): Setting<string | null> {
  const { pattern, takes, ...rest } = row
  return setting<string | null>(rest, {
    type: 'name',
    read: (value) => (pattern.test(value) ? { value } : { takes }),
  })
}

/** Names with commas between them, each of which matches `pattern`; `takes`: what they are, with an example. */
export function names(row: Row<readonly string[]> & { pattern: RegExp; takes: string }): Setting<readonly string[]> {
  const { pattern, takes, ...rest } = row
  return setting(rest, {
    type: 'names',
    read: (text) => {
      const value = listed(text)
      return value.every((name) => pattern.test(name)) ? { value } : { takes }
    },
  })
}

/** IP addresses and networks of them, with commas between them. */
export function networks(row: Row<readonly string[]>): Setting<readonly string[]> {
  return setting(row, {
    type: 'addresses',
    read: (text) => {
      const value = listed(text)
      return value.every(isNetwork) ? { value } : { takes: 'IP addresses, or networks such as 10.1.0.0/16' }
    },
  })
}

/** Networks, and names or addresses of hosts, each with or without a port; with commas between them. */
export function hosts(row: Row<readonly string[]>): Setting<readonly string[]> {
  const HOST = /^(?:\[[\da-f:.]+\]|[a-z\d](?:[a-z\d._-]*[a-z\d])?)(?::\d{1,5})?$/i
  return setting(row, {
    type: 'hosts and networks',
    read: (text) => {
      const value = listed(text)
      const isRight = value.every((each) => isNetwork(each) || HOST.test(each))
      return isRight
        ? { value }
        : { takes: 'hosts such as media.internal or media.internal:8080, or networks such as 10.1.0.0/16' }
    },
  })
}

function isNetwork(text: string): boolean {
  const [, ip = '', bits = '0'] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const most = { 0: -1, 4: 32, 6: 128 }[isIP(ip)] ?? -1
  return Number(bits) <= most
}

/** A file or folder; made absolute against the working directory. */
export function path<T extends string | null>(row: Row<T>): Setting<T | string> {
  return setting<T | string>(row, { type: 'path', read: (value) => ({ value: resolve(value) }) })
}

/** A folder, made absolute, or a bucket as `s3://bucket/prefix`. */
export function folderOrBucket(row: Row<string | null>): Setting<string | null> {
  return setting<string | null>(row, {
    type: 'path, or s3://bucket/prefix',
    read: (value) => {
      if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return { value: resolve(value) }
      const takes = 'a folder, or `s3://bucket/prefix` with the name of a bucket'
      return parseBucket(value) === null ? { takes } : { value: value.replace(/\/+$/, '') }
    },
  })
}

/** Buckets, or prefixes in them, with commas between them. */
export function buckets(row: Row<readonly BucketLocation[]>): Setting<readonly BucketLocation[]> {
  return setting(row, {
    type: 's3://bucket/prefix',
    read: (text) => {
      const value = listed(text).map(parseBucket)
      const isRight = value.every((each) => each !== null)
      return isRight
        ? { value }
        : { takes: 'buckets such as `s3://films`, or prefixes in them such as `s3://films/in`' }
    },
  })
}

/** A program: a bare name is looked up in PATH when it is started, anything with a slash is made absolute. */
export function program(row: Row<string>): Setting<string> {
  return setting(row, {
    type: 'program',
    read: (value) => ({ value: value.includes('/') ? resolve(value) : value }),
  })
}

/** A URL of one of the schemes, kept as it was written but for trailing slashes. */
export function url(row: Row<string | null> & { schemes: readonly string[] }): Setting<string | null> {
  const { schemes, ...rest } = row
  const takes = `a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`
  return setting<string | null>(rest, {
    type: 'URL',
    read: (value) => {
      const parsed = URL.canParse(value) ? new URL(value) : null
      if (!parsed || !schemes.includes(parsed.protocol.slice(0, -1))) return { takes }
      if (parsed.hostname === '') return { takes }
      return { value: value.replace(/\/+$/, '') }
    },
  })
}

/** Where the Redis of a fleet is, see `redis-url.ts`; kept as it was written but for trailing slashes. */
export function redisUrl(row: Row<string | null>): Setting<string | null> {
  return setting<string | null>(row, {
    type: 'URL',
    read: (text) => {
      const read = readRedisUrl(text)
      return 'takes' in read ? read : { value: text.replace(/\/+$/, '') }
    },
  })
}
