/** The user that the guide gives a fleet: its rules are enough, none of them is too many, and what lacks is named. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkRedis } from '../../../src/queue/check-redis.js'
import { COMMANDS } from '../../../src/queue/permissions.js'
import { readDocPage } from '../../docs/pages.js'
import { cli } from '../../helpers/cli.js'
import { all, startFleet, TINY } from '../../helpers/fleet-stack.js'
import type { Stack } from '../../helpers/stack.js'

const [, LINE = ''] = /^user ffleet (.*)$/m.exec(readDocPage('docs/guides/redis.md').text) ?? []
const RULES = LINE.split(' ')
const urlOf = (user: string) => `unix://${user}:change-me@${stack.redis.socket}`

let stack: Stack
/** But for what comes and goes by itself in a fleet at rest: BullMQ's marks of who looked for stalled jobs last, and who sweeps now. */
const keys = async () =>
  ((await stack.redis.cli('KEYS', '*')) as string[]).filter((key) => !/:(stalled-check|sweeper)$/.test(key))
beforeAll(async () => {
  stack = await startFleet(
    {
      redis: { args: ['--user', 'ffleet', ...RULES] },
      redisUrl: ({ socket }) => `unix://ffleet:change-me@${socket}`,
      workers: 1,
    },
    { 'in.mp4': 'h264-aac' },
  )
})
afterAll(() => stack?.stop())

test('a fleet does all it does with them, and sends nothing that is not in the list of what it needs', async () => {
  const { client, redis } = stack
  await redis.cli('CONFIG', 'RESETSTAT')
  const request = { input: 'in.mp4', outputs: [TINY] }
  expect((await client.dryRun(request)).plan).not.toBeNull()
  const { id } = await client.submit(request)
  expect((await all(client.events(id))).at(-1)?.type).toBe('job.completed')
  const next = await client.submit({ ...request, after: [id], tags: { k: 'v' } } as never)
  await client.wait(next.id)
  await client.putSchedule({ name: 'often', cron: '0 0 * * *', job: request } as never)
  await client.runSchedule('often')
  await expect
    .poll(async () => (await client.listPage({ state: 'completed' } as never)).items.length, { timeout: 20_000 })
    .toBe(3)
  await client.removeSchedule('often')
  const late = await client.submit({ ...request, delayMs: 60_000 })
  await client.cancel(late.id)
  await client.retry(late.id)
  await client.cancel(late.id).catch(() => {})
  await client.wait(late.id)
  await client.pause()
  await client.resume()
  await client.usage()
  await client.queueNext()
  await client.remove(id)
  const run = await cli(['run', 'in.mp4', '--preset', 'h264-360p', '-o', 'own.mp4'], {
    cwd: stack.mediaRoot,
    env: { FFLEET_REDIS_URL: urlOf('ffleet'), FFLEET_DATA_DIR: stack.dataDir },
  })
  expect(run.code, run.stderr).toBe(0)
  expect(await redis.cli('ACL', 'LOG')).toEqual([])
  const known = new Set([...COMMANDS.map((command) => command.split(' ')[0]), 'multi', 'exec', 'discard'])
  const sent = String(await redis.cli('INFO', 'commandstats')).matchAll(/^cmdstat_([a-z]+)/gm)
  const always = ['acl', 'auth', 'config', 'unsubscribe']
  expect([...sent].map(([, name]) => name!).filter((name) => !known.has(name) && !always.includes(name))).toEqual([])
})

describe('without', () => {
  const rules = RULES.filter((rule) => rule !== 'on' && !/^[>-]/.test(rule))
  test.each(rules.map((rule) => [rule]))('%s a fleet is refused', async (rule) => {
    await stack.redis.cli('ACL', 'SETUSER', 'less', 'reset', ...RULES.filter((each) => each !== rule))
    const said = await checkRedis(urlOf('less')).then(
      ({ unfit }) => unfit?.found,
      (error: Error) => error.message,
    )
    expect(said).toMatch(
      rule === '+info' ? /the 'info' command/ : rule === '~bull:*' ? /use keys bull:\*$/ : /may not /,
    )
  })

  test('a command, that command is named, and nothing of the asking stays', async () => {
    const before = await keys()
    await stack.redis.cli('ACL', 'SETUSER', 'less', 'reset', ...RULES, '-xadd', '-publish')
    expect(await checkRedis(urlOf('less'))).toMatchObject({
      unfit: { found: 'its user may not call XADD, call PUBLISH', remedy: expect.stringMatching(/a-user-of-its-own/) },
    })
    const part = stack.startPart('worker', {
      ...(process.env as Record<string, string>),
      FFLEET_REDIS_URL: urlOf('less'),
    })
    expect((await part.ended).code).toBe(2)
    expect(part.output()).toContain('may not call XADD')
    expect(part.output()).not.toContain('change-me')
    expect((await keys()).filter((key) => !before.includes(key))).toEqual([])
  })
})
