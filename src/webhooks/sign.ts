/** Signatures as Standard Webhooks 1.0 has them (https://www.standardwebhooks.com): HMAC-SHA256 over id, time and body. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const PREFIX = 'whsec_'
const SECRET_BYTES = 32
/** A secret as the specification asks for it: 24 to 64 bytes. */
const SECRET = /^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/
/** What verifiers take off the clock. */
const TOLERANCE_SECONDS = 5 * 60

/** A fresh one. */
export function newSecret(): string {
  return PREFIX + randomBytes(SECRET_BYTES).toString('base64')
}

export function isSecret(text: string): boolean {
  return SECRET.test(text)
}

export type Message = {
  /** The same for every try of one message: receivers know by it what they have. */
  id: string
  /** Of the try, not of the event. */
  atSeconds: number
  body: string
}

/** The headers of a message, with a signature for each secret: while one takes the place of another both are right. */
export function signedHeaders(message: Message, secrets: readonly string[]): Record<string, string> {
  return {
    'webhook-id': message.id,
    'webhook-timestamp': String(message.atSeconds),
    'webhook-signature': secrets.map((secret) => signature(message, secret)).join(' '),
  }
}

/** Null, or why a message that came in is not to be trusted. */
export function distrust(
  headers: Record<string, string | string[] | undefined>,
  body: string,
  secrets: readonly string[],
  nowMs = Date.now(),
): string | null {
  const of = (name: string) => String(headers[name] ?? '')
  const [id, timestamp, given] = [of('webhook-id'), of('webhook-timestamp'), of('webhook-signature')]
  if (!id || !timestamp || !given) return 'it is not signed'
  const atSeconds = Number(timestamp)
  if (!Number.isInteger(atSeconds)) return 'its time is no time'
  if (Math.abs(nowMs / 1000 - atSeconds) > TOLERANCE_SECONDS) return 'its time is more than 5 minutes off'
  const right = secrets.map((secret) => signature({ id, atSeconds, body }, secret))
  const isRight = given.split(' ').some((each) => right.some((one) => equal(each, one)))
  return isRight ? null : 'its signature is of another secret'
}

function signature({ id, atSeconds, body }: Message, secret: string): string {
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64')
  return `v1,${createHmac('sha256', key).update(`${id}.${atSeconds}.${body}`).digest('base64')}`
}

function equal(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
