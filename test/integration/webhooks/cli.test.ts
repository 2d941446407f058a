/** Webhooks from the shell: sent, received, shown, and sent again. */
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DeliveryLog } from '../../../src/contract/index.js'
import { newSecret } from '../../../src/webhooks/index.js'
import { startApi, type TestApi } from '../../helpers/api-server.js'
import { cli, type RunningCli, startCli } from '../../helpers/cli.js'
import { type ScriptedWorker, startScriptedWorker, talking } from '../../helpers/scripted-worker.js'
import { waitFor } from '../../helpers/wait-for.js'

let api: TestApi
let worker: ScriptedWorker
let listener: RunningCli
let url: string
const run = (...args: string[]) => cli(args, { env: { FFLEET_URL: api.url } })

async function startListener(...args: string[]): Promise<[RunningCli, url: string]> {
  const started = startCli(['listen', '--port', '0', ...args], { env: { FFLEET_URL: api.url } })
  const at = await waitFor(() => {
    const [found] = /http:\/\/127\S+\//.exec(started.stderr) ?? []
    expect(found, started.stderr).toBeDefined()
    return found!
  })
  return [started, at]
}

beforeAll(async () => {
  api = await startApi({ webhooks: {} })
  worker = await startScriptedWorker(api.redisUrl)
  worker.work(talking(1))
  ;[listener, url] = await startListener('--json')
})
afterAll(async () => {
  listener?.child.kill()
  await worker.close()
  await api.close()
})

describe('ffleet listen', () => {
  it('prints what is signed, and what is sent again from a delivery on', async () => {
    const submitted = ['submit', 'in.mp4', '-p', 'h264-360p', '--webhook', url]
    const { stdout } = await run(...submitted, '--webhook-events', 'attempt.started,job.completed')
    const id = stdout.trim()
    await waitFor(() => expect(listener.stdout.trim().split('\n')).toHaveLength(2))
    const events = listener.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(events).toMatchObject([
      { type: 'attempt.started', jobId: id },
      { type: 'job.completed', job: { id } },
    ])
    const log = await waitFor(async () => {
      const shown = JSON.parse((await run('deliveries', id, '--json')).stdout) as DeliveryLog
      expect(shown.nextAttemptAt).toBeNull()
      return shown
    })
    const table = (await run('deliveries', id)).stdout
    expect(table).toContain(`Nothing waits to be sent to ${url}.`)
    for (const item of log.items) expect(table).toContain(item.id)
    await run('deliveries', id, '--redeliver', log.items[1]!.id)
    await waitFor(() => expect(listener.stdout.trim().split('\n')).toHaveLength(3))
    listener.child.kill('SIGINT')
    expect(await listener.ended).toMatchObject({ code: 130 })
    // On the same port; what came behind the first is sent to it.
    const port = new URL(url).port
    ;[listener] = await startListener('--port', port, '--since', log.items[1]!.id)
    await waitFor(() => expect(listener.stdout).toContain(`job.completed  ${log.items[0]!.id}`))
    expect(listener.stdout).not.toContain('attempt.started')
  })

  it('refuses what is signed by somebody else, or not at all', async () => {
    const other = new Webhook(newSecret())
    const body = '{"type":"job.completed"}'
    const at = new Date()
    const headers = {
      'webhook-id': 'a',
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': other.sign('a', at, body),
    }
    const before = listener.stdout
    expect((await fetch(url, { method: 'POST', body, headers })).status).toBe(401)
    expect((await fetch(url, { method: 'POST', body })).status).toBe(401)
    expect((await fetch(url)).status).toBe(405)
    await waitFor(() => expect(listener.stderr).toContain('it is not signed'))
    expect(listener.stderr).toContain('its signature is of another secret')
    expect(listener.stdout).toBe(before)
  })
})

it('a command line that is wrong says so before anything is asked', async () => {
  for (const [args, said] of [
    [['listen', '--since', 'x'], 'webhook-id'],
    [['listen', '--secret', 'x'], 'whsec_'],
    [['submit', 'in.mp4', '-p', 'x', '--webhook', 'http://a', '--webhook-events', 'job.complete'], 'job.completed?'],
    [['submit', 'in.mp4', '-p', 'x', '--webhook-events', 'progress'], 'needs a --webhook'],
    [['webhooks', 'secrets'], 'it is secret'],
    [['deliveries', 'last', '--redeliver', 'x', '--replay', '0'], 'not both'],
  ] as const) {
    const { code, stderr } = await run(...args)
    expect([args, code, stderr]).toEqual([args, 2, expect.stringContaining(said)])
  }
})

it('the secret is all that stdout has of it', async () => {
  const first = await run('webhooks', 'secret')
  expect(first.stdout).toMatch(/^whsec_\S+\n$/)
  const next = await run('webhooks', 'secret', '--rotate')
  expect(next.stdout).toMatch(/^whsec_\S+\n$/)
  expect(next.stdout).not.toBe(first.stdout)
  expect(next.stderr).toContain('signs beside it until')
  expect((await run('webhooks', 'secret')).stdout).toBe(next.stdout)
})
