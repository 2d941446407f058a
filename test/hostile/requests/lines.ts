import type { WireAttack, WireAttacks } from './attack.js'
import { head } from './wire.js'

const ID = '01M82CWC75EH2YYWGVK577ZGCG'
const get = (path: string, ...headers: string[]) => head(`GET ${path}`, headers)
const attack = (name: string, sent: string, ...answers: number[]): WireAttack => ({ name, sent, answers })
/** Node answers below the API, without a body. */
const bare = (name: string, sent: string, ...answers: number[]): WireAttack => ({ name, sent, answers, bare: true })
const body = JSON.stringify({ input: 'in.mp4', outputs: [{ preset: 'h264-360p' }] })
const smuggled = 'GET /v1/workers HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'

const CLIMBS = [
  '../',
  '..%2f',
  '%2e%2e/',
  '%2e%2e%2f',
  '..%5c',
  '%252e%252e%252f',
  '....//',
  '..;/',
  '%c0%ae%c0%ae/',
].map((each) => `${each.repeat(8)}etc/passwd`)
/** Places of an address that end at a file, a key of Redis, or a name. */
const PLACES = [
  (path: string) => `/${path}`,
  (path: string) => `/assets/${path}`,
  (path: string) => `/docs/static/${path}`,
  (path: string) => `/v1/jobs/${path}`,
  (path: string) => `/v1/jobs/${ID}/outputs/${path}`,
  (path: string) => `/v1/jobs/${ID}/outputs/main/${path}`,
  (path: string) => `/v1/presets/${path}`,
]

/** Request lines and headers. */
export const LINES: readonly WireAttacks[] = [
  {
    kind: 'Paths that climb',
    attacks: PLACES.flatMap((place) =>
      [...CLIMBS, '%00', 'a%00.mp4', '%0d%0aX-Owned:%201', `${'a/'.repeat(2_000)}`, '%', '%zz', '%ff%fe'].map((path) =>
        attack(`${place(path).slice(0, 70)}`, get(place(path)), 404),
      ),
    ),
  },
  {
    kind: 'Cursors, event ids and numbers that are none',
    attacks: [
      ...[
        "' OR 1=1",
        '-1',
        '99999999999999999999-0',
        '1-1-1',
        '$',
        '+',
        '*',
        '../x',
        '%00',
        '1700000000000-0%0aX',
        '-',
        '(',
      ].flatMap((id) => [
        attack(`after=${id}`, get(`/v1/events?after=${encodeURIComponent(decodeURIComponent(id))}`), 422),
        ...(/[%\n]/.test(id) ? [] : [attack(`Last-Event-ID: ${id}`, get('/v1/events', `Last-Event-ID: ${id}`), 422)]),
      ]),
      ...['x', '%00', '-1', 'A'.repeat(1_000), '1e3', '%7B%7D'].flatMap((value) => [
        attack(`cursor=${value.slice(0, 12)} of jobs`, get(`/v1/jobs?cursor=${value}`), 422),
        attack(`cursor=${value.slice(0, 12)} of the media root`, get(`/v1/media?cursor=${value}`), 422),
        attack(`limit=${value.slice(0, 12)}`, get(`/v1/jobs?limit=${value}`), 422),
      ]),
      attack('limit=201', get('/v1/jobs?limit=201'), 422),
      attack('limit twice', get('/v1/jobs?limit=1&limit=2'), 422),
      attack('a query that is an object', get('/v1/jobs?state[]=x'), 422),
      attack('__proto__ as a query', get('/v1/jobs?__proto__[x]=1'), 422),
      attack('a tag of __proto__', get('/v1/jobs?tag.__proto__=1'), 200),
      attack('a tag that looks like a pattern', get('/v1/jobs?tag.*=*'), 200),
      attack('a path of the media root that climbs', get('/v1/media?path=..%2f..%2fetc'), 422),
      attack('an absolute path of the media root', get('/v1/media?path=%2fetc'), 422),
      attack('NUL in a path of the media root', get('/v1/media?path=a%00b'), 422),
      attack('1,000 queries', get(`/v1/jobs?${'a=1&'.repeat(1_000)}`), 422),
    ],
  },
  {
    kind: 'Heads that break the rules of HTTP',
    attacks: [
      attack('TRACE', head('TRACE /v1/jobs'), 405),
      attack('CONNECT', 'CONNECT 169.254.169.254:80 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n'),
      attack('a method nobody knows', head('OWN /v1/jobs'), 400),
      attack('an absolute address of elsewhere', head('GET http://169.254.169.254/latest/meta-data'), 404),
      attack('Host of elsewhere', head('GET /v1/jobs', [], 'evil.example'), 403),
      attack('Host of garbage', head('GET /v1/jobs', [], '127.0.0.1\\@evil'), 403),
      attack(
        'Host twice',
        'GET /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
        403,
      ),
      bare('no Host', 'GET /v1/jobs HTTP/1.1\r\nConnection: close\r\n\r\n', 400),
      attack('HTTP/0.9', 'GET /v1/jobs\r\n\r\n', 403),
      attack('HTTP/2 without being asked', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400),
      attack('TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400),
      attack('a header of 64 KB', get('/v1/jobs', `X-Long: ${'x'.repeat(65_536)}`), 431),
      attack('3,000 headers', get('/v1/jobs', ...Array.from({ length: 3_000 }, (_, i) => `X-${i}: 1`)), 431),
      attack('a folded header', get('/v1/jobs', 'X-A: 1', ' folded'), 400),
      attack('NUL in a header', get('/v1/jobs', 'X-A: a\0b'), 400),
      attack('a header without a name', get('/v1/jobs', ': 1'), 400),
      attack('a space before the colon', get('/v1/jobs', 'Content-Length : 3'), 400),
      attack('a bare line feed', 'GET /v1/jobs HTTP/1.1\nHost: 127.0.0.1\n\n', 400),
      bare('Expect of garbage', get('/v1/jobs', 'Expect: 200-maybe'), 417),
      attack(
        'Content-Length and Transfer-Encoding, with a request behind them',
        `POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
        400,
      ),
      attack(
        'two lengths',
        `POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
        400,
      ),
      attack('a length below zero', head('POST /v1/jobs', ['Content-Length: -1']), 400),
      attack('a length in hex', `${head('POST /v1/jobs', ['Content-Length: 0x10'])}${body}`, 400),
      attack(
        'a length beyond numbers',
        `${head('POST /v1/jobs', ['Content-Length: 99999999999999999999'])}${body}`,
        400,
      ),
      attack(
        'chunks of a length that is none',
        `${head('POST /v1/jobs', ['Content-Type: application/json', 'Transfer-Encoding: chunked'])}zz\r\n${body}\r\n0\r\n\r\n`,
        400,
      ),
      attack(
        'an encoding that hides chunks',
        `${head('POST /v1/jobs', ['Content-Type: application/json', 'Transfer-Encoding: xchunked'])}0\r\n\r\n${smuggled}`,
        400,
      ),
      attack('a key of garbage', get('/v1/jobs', 'Idempotency-Key: x', 'Authorization: Bearer ../../x'), 200),
    ],
  },
]
