import { describe, expect, test } from 'vitest'
import { createLog, formatLine, type LogOptions } from '../../src/log/index.js'

function linesOf(write: (log: ReturnType<typeof createLog>) => void, options: Partial<LogOptions> = {}): string[] {
  const lines: string[] = []
  write(createLog({ logLevel: 'info', destination: { write: (line) => void lines.push(line) }, ...options }))
  return lines
}

describe('JSON lines', () => {
  test('carry level, time, part and fields by name', () => {
    const [line] = linesOf((log) => log.info({ job: '01J' }, 'taken'), { part: 'worker' })
    expect(JSON.parse(line!)).toMatchObject({
      level: 'info',
      part: 'worker',
      job: '01J',
      msg: 'taken',
      pid: process.pid,
    })
    expect(new Date(JSON.parse(line!).time).toISOString()).toBe(JSON.parse(line!).time)
  })

  test('leave out what is less severe than the level', () => {
    expect(linesOf((log) => log.debug('x'))).toEqual([])
    expect(linesOf((log) => log.fatal('x'), { logLevel: 'silent' })).toEqual([])
  })

  test('hold no secret', () => {
    const secret = 'hunter2'
    const lines = linesOf((log) => {
      log.info({ redisUrl: secret, token: secret, req: { headers: { authorization: secret } } }, 'a')
      log.info({ config: { redisUrl: secret } }, 'b')
    })
    expect(lines.join()).not.toContain(secret)
  })
})

describe('lines for people', () => {
  test('are one line with the fields behind the text', () => {
    const [line] = linesOf((log) => log.warn({ job: '01J', attempt: 2 }, 'lost the lock'), {
      pretty: true,
      part: 'worker',
    })
    expect(line).toMatch(/^.*\d\d:\d\d:\d\d.* .*warn.* .*worker.* lost the lock .*job=01J.* .*attempt=2.*\n$/)
  })

  test('say what a fault of the system is, and no stack of it unless the level is debug', () => {
    const err = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' })
    const [line] = linesOf((log) => log.warn({ err }, 'queue'), { pretty: true })
    expect(line).toMatch(/warn.* queue: connect ECONNREFUSED 127\.0\.0\.1:1\n$/)
    const [whole] = linesOf((log) => log.warn({ err }, 'queue'), { pretty: true, logLevel: 'debug' })
    expect(whole).toMatch(/\n.*at .*log\.test/)
  })

  test('are made of what another process logs; what is no log line stays as it is', () => {
    const [json] = linesOf((log) => log.info({ job: '01J' }, 'taken'), { part: 'worker' })
    expect(formatLine(json!)).toMatch(/^\d\d:\d\d:\d\d info {2}worker taken job=01J\n$/)
    for (const text of ['ffleet: A setting is not valid:', '{"a":1}', '42', '']) expect(formatLine(text)).toBe(text)
  })

  test('show the stack of an error, and no escape sequence of a logged text', () => {
    const [line] = linesOf((log) => log.error({ err: new Error('boom \u001b[2J') }, 'file \u001b[31mred\nline'), {
      pretty: true,
    })
    expect(line).toContain('file \\u001b[31mred\\nline')
    expect(line).toContain('red\\nline: boom \\u001b[2J')
    expect(line).toMatch(/\n.*at .*log\.test/)
  })
})
