import type { WireAttack, WireAttacks } from './attack.js'
import { posted } from './wire.js'

const good = { input: 'in.mp4', outputs: [{ preset: 'h264-360p' }] }
const json = (value: unknown) => posted(JSON.stringify(value))
const refused = (name: string, sent: Uint8Array, status = 422): WireAttack => ({ name, sent, answers: [status] })

/** What a field may hold that is of no type it takes. */
const WRONG: readonly unknown[] = [null, true, -1, 1.5, 1e308, '', 'x'.repeat(5_000), [], {}, [[]], { __proto__x: 1 }]
/** Types that a field does take, and values of them that are in no range. */
const FIELDS: Record<string, (value: unknown) => unknown> = {
  input: (input) => ({ ...good, input }),
  'input.uri': (uri) => ({ ...good, input: { uri } }),
  'input.startMs': (startMs) => ({ ...good, input: { uri: 'in.mp4', startMs } }),
  'input.endMs': (endMs) => ({ ...good, input: { uri: 'in.mp4', endMs } }),
  'input.expectedDurationMs': (expectedDurationMs) => ({ ...good, input: { uri: 'in.mp4', expectedDurationMs } }),
  outputs: (outputs) => ({ ...good, outputs }),
  'outputs[0]': (output) => ({ ...good, outputs: [output] }),
  'outputs[0].preset': (preset) => ({ ...good, outputs: [{ preset }] }),
  'outputs[0].path': (path) => ({ ...good, outputs: [{ preset: 'h264-360p', path }] }),
  'outputs[0].name': (name) => ({ ...good, outputs: [{ preset: 'h264-360p', name }] }),
  'outputs[0].onExists': (onExists) => ({ ...good, outputs: [{ preset: 'h264-360p', onExists }] }),
  'outputs[0].split': (split) => ({ ...good, outputs: [{ preset: 'h264-360p', split }] }),
  'outputs[0].video': (video) => ({ ...good, outputs: [{ preset: 'h264-360p', video }] }),
  'outputs[0].video.crf': (crf) => ({ ...good, outputs: [{ preset: 'h264-360p', video: { crf } }] }),
  'outputs[0].video.width': (width) => ({ ...good, outputs: [{ preset: 'h264-360p', video: { width } }] }),
  'outputs[0].audio.bitrate': (bitrate) => ({ ...good, outputs: [{ preset: 'h264-360p', audio: { bitrate } }] }),
  priority: (priority) => ({ ...good, priority }),
  maxAttempts: (maxAttempts) => ({ ...good, maxAttempts }),
  timeoutMs: (timeoutMs) => ({ ...good, timeoutMs }),
  delayMs: (delayMs) => ({ ...good, delayMs }),
  tags: (tags) => ({ ...good, tags }),
  'tags.a': (a) => ({ ...good, tags: { a } }),
  webhook: (webhook) => ({ ...good, webhook }),
}
/** What is right after all: null where unknown is, an empty object where all is left out, 1.5 for what is no whole number. */
const RIGHT: Record<string, readonly unknown[]> = {
  'input.startMs': [null],
  'input.endMs': [null],
  'input.expectedDurationMs': [null],
  'outputs[0].video': [{}],
  'outputs[0].video.crf': [1.5],
  timeoutMs: [null],
  tags: [{}],
  'tags.a': [''],
}

const isRight = (field: string, value: unknown) =>
  RIGHT[field]?.some((each) => JSON.stringify(each) === JSON.stringify(value)) ?? false

/** Bodies of a submission. */
export const BODIES: WireAttacks = {
  kind: 'Bodies of requests',
  attacks: [
    refused('arrays in arrays, 10,000 deep', posted('['.repeat(10_000) + ']'.repeat(10_000))),
    refused('objects in objects, 10,000 deep', posted(`${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`)),
    refused('arrays that are never closed, 100,000 deep', posted('['.repeat(100_000))),
    refused('50 MB of spaces', posted(' '.repeat(50_000_000)), 413),
    refused('a string of 50 MB', json({ ...good, input: 'x'.repeat(50_000_000) }), 413),
    refused('20,000 outputs', json({ ...good, outputs: Array(20_000).fill({}) })),
    refused('a number of 100,000 digits', posted(`{"input":"in.mp4","outputs":[],"priority":${'9'.repeat(100_000)}}`)),
    refused(
      'a number that is infinite',
      posted('{"input":"in.mp4","outputs":[{"preset":"h264-360p"}],"priority":1e999}'),
    ),
    refused('NaN', posted('{"input":"in.mp4","outputs":[{"preset":"h264-360p"}],"priority":NaN}')),
    refused(
      'a field twice, the second one hostile',
      posted('{"input":"in.mp4","outputs":[{"preset":"h264-360p"}],"input":"../x"}'),
    ),
    refused('__proto__', posted('{"input":"in.mp4","outputs":[{"preset":"h264-360p"}],"__proto__":{"priority":100}}')),
    refused(
      '__proto__ in an output',
      posted('{"input":"in.mp4","outputs":[{"preset":"h264-360p","__proto__":{"x":1}}]}'),
    ),
    refused(
      '__proto__ by an escape',
      posted('{"input":"in.mp4","outputs":[{"preset":"h264-360p"}],"\\u005f_proto__":{}}'),
    ),
    refused('constructor.prototype', json({ ...good, constructor: { prototype: { owned: true } } })),
    refused(
      'tags of __proto__',
      posted('{"input":"in.mp4","outputs":[{"preset":"h264-360p"}],"tags":{"__proto__":"x"}}'),
    ),
    refused('a preset of __proto__', json({ ...good, outputs: [{ preset: '__proto__' }] })),
    refused('a preset of constructor', json({ ...good, outputs: [{ preset: 'constructor' }] })),
    refused('a preset with a path', json({ ...good, outputs: [{ preset: '../../etc/passwd' }] })),
    refused('broken UTF-8', posted(Buffer.from('{"input":"\xff\xfe","outputs":[{"preset":"h264-360p"}]}', 'latin1'))),
    refused('half a surrogate pair', posted('{"input":"\\ud800","outputs":[{"preset":"h264-360p"}]}')),
    refused('UTF-16', posted(Buffer.from(JSON.stringify(good), 'utf16le'))),
    refused('arguments for ffmpeg', json({ ...good, outputs: [{ preset: 'h264-360p', args: ['-f', 'tee'] }] })),
    refused(
      'a filter among the overrides',
      json({ ...good, outputs: [{ preset: 'h264-360p', video: { filter: 'movie=x' } }] }),
    ),
    refused('a form', posted('input=in.mp4', ['Content-Type: application/x-www-form-urlencoded'])),
    refused('a form of several parts', posted('--x\r\n\r\n--x--', ['Content-Type: multipart/form-data; boundary=x'])),
    refused('JSON that says it is text', posted(JSON.stringify(good), ['Content-Type: text/plain'])),
    refused('JSON without a type', posted(JSON.stringify(good), [])),
    refused('gzip', posted(JSON.stringify(good), ['Content-Type: application/json', 'Content-Encoding: gzip'])),
    ...Object.entries(FIELDS).flatMap(([field, request]) =>
      WRONG.filter((value) => !isRight(field, value)).map((value) =>
        refused(`${JSON.stringify(value).slice(0, 24)} for ${field}`, json(request(value))),
      ),
    ),
  ],
}
