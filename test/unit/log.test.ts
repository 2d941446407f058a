import { describe, expect, test } from 'vitest'
import { createLog, type LogOptions } from '../../src/log/index.js'

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

  test('show the stack of an error, and no escape sequence of a logged text', () => {
    const [line] = linesOf((log) => log.error({ err: new Error('boom \u001b[2J') }, 'file \u001b[31mred\nline'), {
      pretty: true,
    })
    expect(line).toContain('file \\u001b[31mred\\nline')
    expect(line).toContain('Error: boom \\u001b[2J')
    expect(line).toMatch(/\n.*at .*log\.test/)
  })
})
