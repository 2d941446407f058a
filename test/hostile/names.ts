/** What a request may name as its input, and what may stand in the media root. */
import type { ErrorCode } from '../../src/contract/index.js'
import type { Target } from './files/attack.js'

export type NameAttack = {
  /** What the request names; nothing of that name is there but `in.mp4`. */
  input: string | ((target: Target) => string)
  code: ErrorCode
}

const schemes = (...inputs: NameAttack['input'][]): NameAttack[] =>
  inputs.map((input) => ({ input, code: 'SCHEME_NOT_ALLOWED' }))
const addresses = (...inputs: NameAttack['input'][]): NameAttack[] =>
  inputs.map((input) => ({ input, code: 'URL_NOT_PUBLIC' }))
const malformed = (...inputs: NameAttack['input'][]): NameAttack[] =>
  inputs.map((input) => ({ input, code: 'INVALID_REQUEST' }))
const outside = (...inputs: NameAttack['input'][]): NameAttack[] =>
  inputs.map((input) => ({ input, code: 'PATH_OUTSIDE_ROOT' }))
const absent = (...inputs: NameAttack['input'][]): NameAttack[] =>
  inputs.map((input) => ({ input, code: 'INPUT_NOT_FOUND' }))

/** Names that are options, addresses, patterns or ways out. */
export const NAMES: readonly NameAttack[] = [
  ...schemes(
    ({ host }) => `rtmp://${host}/in`,
    ({ host }) => `tcp://${host}`,
    ({ host }) => `udp://${host}`,
    ({ host }) => `unix://${host}`,
    ({ secret }) => `file://${secret.soundFile}`,
    ({ secret }) => `file:${secret.soundFile}`,
    ({ secret }) => `concat:in.mp4|${secret.soundFile}`,
    ({ secret }) => `concatf:${secret.textFile}`,
    ({ secret }) => `crypto:${secret.soundFile}`,
    ({ secret }) => `cache:${secret.soundFile}`,
    ({ secret }) => `async:${secret.soundFile}`,
    'data:video/mp4;base64,AAAA',
    'pipe:0',
    'fd:0',
    's3://bucket/in.mp4',
  ),
  ...addresses(
    ({ host }) => `http://${host}/in.mp4`,
    ({ host }) => `HTTPS://${host}/in.mp4`,
  ),
  ...malformed(({ host }) => `http:${host}/in.mp4`, 'upload:1', 'upload:../../etc/passwd'),
  ...outside(
    ({ fromMedia, secret }) => fromMedia(secret.soundFile),
    ({ fromMedia, secret }) => `./folder/../${fromMedia(secret.soundFile)}`,
    ({ secret }) => secret.soundFile,
    '/etc/passwd',
    '//etc/passwd',
    '/dev/zero',
    '/proc/self/environ',
    'in.mp4/../../secret/secret.wav',
    '..',
  ),
  ...absent(
    '-i',
    '-f.mp4',
    '--help',
    'in%d.mp4',
    'in*.mp4',
    'in?.mp4',
    '{in,out}.mp4',
    '~root/in.mp4',
    '$HOME/in.mp4',
    '$(id).mp4',
    'in.mp4;id',
    'in.mp4 -f tee x',
    'in.mp4/',
    'in.mp4/x',
    '..\\secret\\secret.wav',
    '%2e%2e/secret/secret.wav',
    '\u202egnp.4pm',
    'x'.repeat(300),
    `${'x/'.repeat(2_000)}x`,
    ({ secret }) => `subfile,,start,0,end,0,,:${secret.soundFile}`,
  ),
  { input: 'in.mp4\0.wav', code: 'INVALID_REQUEST' },
  { input: 'x'.repeat(5_000), code: 'INVALID_REQUEST' },
]

/** Names that are odd and right: a film of that name is there, and its job does well. */
export const ODD_NAMES = [
  '-i',
  '-f.mp4',
  '--',
  '%d.mp4',
  '%05d%s%n.mp4',
  'concat:a|b.mp4',
  'file:in.mp4',
  'data:,x.mp4',
  'pipe:1',
  '$(id) `id` ;id.mp4',
  `"quotes' and \\.mp4`,
  'line\nbreak\rand\ttab.mp4',
  '\u001b[2J\u001b]0;owned\u0007.mp4',
  '\u202egnp.mp4',
  '<img src=x onerror=window.owned=1>.mp4',
  '*?[a-z]{1,2}.mp4',
  ' .mp4',
  '...',
  `${'x'.repeat(251)}.mp4`,
] as const
