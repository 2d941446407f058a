import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ERROR_CODES, ERRORS, type ErrorCode } from '../../../src/contract/index.js'
import { parseLogLine } from '../../../src/contract/log-line.js'
import { type DiagnosisContext, diagnose, diagnosisError, type Failure } from '../../../src/diagnosis/diagnose.js'
import { LogDigest } from '../../../src/ffmpeg/log-digest.js'

type Recorded = {
  name: string
  expect: ErrorCode
  args: string[]
  exitCode: number | null
  signal: string | null
  log: string[]
}

const folder = new URL('../../../fixtures/failures/', import.meta.url)
const recordings = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .flatMap((file) => {
    const { failures } = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as { failures: Recorded[] }
    return failures.map((failure) => ({ ...failure, name: `${file.replace('.json', '')}: ${failure.name}` }))
  })

function failureOf(recorded: Pick<Recorded, 'args' | 'exitCode' | 'signal' | 'log'>): Failure {
  const digest = new LogDigest(200)
  for (const raw of recorded.log) digest.push(raw, parseLogLine(raw))
  return {
    ended: 'exited',
    exitCode: recorded.exitCode,
    signal: recorded.signal,
    argv: recorded.args,
    warnings: digest.warnings,
    errors: digest.errors,
    logTail: digest.tail,
    error: null,
  }
}

function failure(part: Partial<Failure> & { log?: string[] } = {}): Failure {
  const { log = [], ...rest } = part
  return { ...failureOf({ args: ['-i', 'in.mp4', 'out.mp4'], exitCode: 1, signal: null, log }), ...rest }
}

describe('recorded failures', () => {
  it.each(recordings)('$name → $expect', (recorded) => {
    // An output that ffmpeg did not complain about reaches a diagnosis only because its check failed.
    const context: DiagnosisContext =
      recorded.exitCode === 0 ? { because: { code: 'OUTPUT_INVALID', detail: 'The output is too short' } } : {}
    const diagnosis = diagnose(failureOf(recorded), context)
    expect(diagnosis.code).toBe(recorded.expect)
    expect(diagnosis.title).toBe(ERRORS[recorded.expect].title)
    expect(diagnosis.retryable).toBe(ERRORS[recorded.expect].retryable)
    expect(diagnosis.detail).not.toMatch(/\/(sys|dev|etc|tmp)\/|@ 0x/)
  })

  it('tells an input that may not be read from one that is gone', () => {
    expect(diagnose(failure({ log: ['[error] in.mp4: Permission denied'] })).code).toBe('INPUT_NOT_READABLE')
    expect(diagnose(failure({ log: ['[error] in.mp4: No such file or directory'] })).code).toBe('INPUT_NOT_FOUND')
  })

  it('covers most codes that ffmpeg can cause', () => {
    expect(new Set(recordings.map(({ expect }) => expect)).size).toBeGreaterThanOrEqual(15)
    expect(recordings.length).toBeGreaterThan(90)
  })
})

describe('the culprit', () => {
  const culprit = (name: string) => diagnose(failureOf(recordings.find((recorded) => recorded.name === name)!)).culprit

  it.each([
    ['5.1.9: filter-crop', "[Parsed_crop_0] Invalid too big or non positive size for width '9998' or height '9998'"],
    [
      '7.1.5-without-levels: fail-filter',
      "[Parsed_crop_0] Invalid too big or non positive size for width '9998' or height '9998'",
    ],
    ['5.1.9: option-value', "[libx264] [Eval] Undefined constant or missing '(' in 'abc'"],
    ['5.1.9: second-pass-alone', "[libx264] ratecontrol_init: can't open stats file"],
    ['5.1.9: encoder-unknown', "Unknown encoder 'nosuchencoder'"],
    ['7.1.5-without-levels: fail-bad-encoder', "[vost#0:0] Unknown encoder 'nosuchenc'"],
    ['5.1.9: disk-full-trailer', 'Error writing trailer of full: No space left on device'],
    ['5.1.9: output-not-permitted', 'out.mp4: Permission denied'],
  ])('of %s', (name, line) => {
    expect(culprit(name)).toBe(line)
  })

  it('is null when the log is empty', () => {
    expect(diagnose(failure())).toMatchObject({
      code: 'ENCODER_FAILED',
      culprit: null,
      detail: 'ffmpeg ended with exit code 1.',
    })
  })

  it('is never longer than a reader wants', () => {
    expect(diagnose(failure({ log: [`[error] ${'long '.repeat(5_000)}`] })).detail.length).toBeLessThan(700)
  })
})

it('takes a file of too many streams for that, though ffmpeg speaks of memory', () => {
  const log = [
    '[matroska,webm @ 0x1] [error] Number of streams exceeds max_streams parameter (1000), see the documentation if you wish to increase it',
    '[error] file:input/in.mkv: Cannot allocate memory',
  ]
  expect(diagnose(failure({ log }))).toMatchObject({ code: 'TOO_MANY_STREAMS', retryable: false })
})

describe('a line that is no more than noise', () => {
  it.each([
    'Format mpegps detected only with low score of 25, misdetection possible!',
    '[h264 @ 0x1] [IMGUTILS @ 0x2] Picture size 0x0 is invalid',
  ])('%s', (noise) => {
    const log = [
      `[warning] ${noise}`,
      '[Parsed_crop_0 @ 0x3] [error] Invalid size',
      '[error] Error reinitializing filters!',
    ]
    expect(diagnose(failure({ log }))).toMatchObject({
      code: 'ENCODER_FAILED',
      culprit: '[Parsed_crop_0] Invalid size',
    })
  })
})

describe('killed', () => {
  const killed = (part: Partial<Failure>) => diagnose(failure({ exitCode: null, signal: 'SIGKILL', ...part })).code

  it('by somebody else', () => expect(killed({})).toBe('ENCODER_KILLED'))
  it('by the kernel, which counted it', () => expect(killed({ oomKills: 1 })).toBe('OUT_OF_MEMORY'))
  it('by nobody the kernel counted', () => expect(killed({ oomKills: 0 })).toBe('ENCODER_KILLED'))
  it('close to the memory limit', () => {
    const usage = { cpuUserMs: null, cpuSystemMs: null, maxRssBytes: 950 }
    expect(killed({ usage, memoryLimitBytes: 1_000 })).toBe('OUT_OF_MEMORY')
    expect(killed({ usage, memoryLimitBytes: 2_000 })).toBe('ENCODER_KILLED')
    expect(killed({ usage, memoryLimitBytes: null })).toBe('ENCODER_KILLED')
  })
  it('through a shell', () => expect(killed({ signal: null, exitCode: 137 })).toBe('ENCODER_KILLED'))
  it('by ourselves', () => expect(killed({ ended: 'killed' })).toBe('ENCODER_KILLED'))
  it('on a full disk', () => {
    expect(
      diagnose(failure({ signal: 'SIGKILL', exitCode: null, log: ['[error] x: No space left on device'] })).code,
    ).toBe('DISK_FULL')
  })
})

describe('crashed', () => {
  const crashed = (signal: string, log: string[] = []) => diagnose(failure({ exitCode: null, signal, log }))

  it('is a failure of the encoder that no retry mends', () => {
    expect(crashed('SIGSEGV')).toMatchObject({
      code: 'ENCODER_FAILED',
      retryable: false,
      detail: 'ffmpeg crashed with SIGSEGV.',
    })
  })
  it('for want of memory', () => {
    expect(crashed('SIGABRT', ["terminate called after throwing an instance of 'std::bad_alloc'"]).code).toBe(
      'OUT_OF_MEMORY',
    )
  })
  it('over its CPU limit', () => expect(crashed('SIGXCPU').code).toBe('TIMED_OUT'))
})

describe('not spawned', () => {
  const spawn = (error: string) => diagnose(failure({ ended: 'spawn-failed', exitCode: null, error }))

  it('because it is not there', () => {
    const { code, detail } = spawn('ENOENT: spawn /opt/secret/ffmpeg ENOENT')
    expect(code).toBe('ENCODER_NOT_AVAILABLE')
    expect(detail).not.toContain('/opt')
  })
  it.each(['EAGAIN', 'ENOMEM', 'EMFILE'])('because of %s, which passes', (error) => {
    expect(spawn(`${error}: spawn ffmpeg ${error}`)).toMatchObject({ code: 'OUT_OF_MEMORY', retryable: true })
  })
})

describe('what the caller knows', () => {
  it('stands when it is why ffmpeg was stopped', () => {
    const because = { code: 'STALLED', detail: 'Media time did not advance for 60 s' } as const
    const diagnosis = diagnose(
      failure({ ended: 'killed', signal: 'SIGKILL', log: ['[error] a: No space left on device'] }),
      { because },
    )
    expect(diagnosis).toMatchObject({ code: 'STALLED', retryable: true })
    expect(diagnosis.detail).toBe('Media time did not advance for 60 s.')
    expect(diagnosis.culprit).toBe('a: No space left on device')
  })
  it('gives way to the cause of a bad output', () => {
    const because = { code: 'OUTPUT_INVALID', detail: 'The output is 1 s long, not 3 s' } as const
    const log = ['[matroska,webm @ 0x55e2] [error] File ended prematurely']
    expect(diagnose(failure({ exitCode: 0, log }), { because }).code).toBe('INPUT_TRUNCATED')
    expect(diagnose(failure({ exitCode: 0 }), { because })).toMatchObject({
      code: 'OUTPUT_INVALID',
      detail: `${because.detail}.`,
    })
  })
})

describe('newer ffmpeg by its exit code', () => {
  it.each([
    [228, 'DISK_FULL'],
    [244, 'OUT_OF_MEMORY'],
    [69, 'ENCODER_FAILED'],
    [234, 'ENCODER_FAILED'],
  ])('%i → %s', (exitCode, code) => expect(diagnose(failure({ exitCode })).code).toBe(code))
})

describe('what leaves the host', () => {
  const argv = ['-i', 'file:/srv/media root/customers 7/in file.mp4', '-c', 'copy', '/data/attempts/01J/out.mp4']
  const log = [
    '[error] file:/srv/media root/customers 7/in file.mp4: Invalid data found when processing input',
    '[error] also /srv/media root/customers 7 and /var/lib/ffleet/key.pem, https://joe:pw@example.org/a/b.mp4?sig=1#x',
  ]

  it('holds no folder, no password, no query', () => {
    const said = JSON.stringify(diagnose(failure({ argv, log })))
    expect(said).not.toMatch(/srv|media root|customers|attempts|01J|var\/lib|joe|pw@|sig=/)
    expect(said).toContain('in file.mp4: Invalid data found')
  })
  it('names the input as its sender does', () => {
    const { detail, reproduce } = diagnose(failure({ argv, log }), { input: 'trailers/Film 1.mov' })
    expect(detail).toContain('Film 1.mov: Invalid data found')
    expect(reproduce).toBe("ffmpeg -i 'Film 1.mov' -c copy out.mp4")
  })
})

it('becomes an error with its hint', () => {
  const error = diagnosisError(diagnose(failure({ log: ["[fatal] Unknown encoder 'libx264'"] })))
  expect(error).toMatchObject({
    code: 'ENCODER_NOT_AVAILABLE',
    message: "ffmpeg has no encoder libx264: Unknown encoder 'libx264'",
  })
  expect(ERROR_CODES).toContain(error.code)
})
