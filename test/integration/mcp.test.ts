/** The fleet as an assistant sees it: the protocol's own client, our command as its server, a real worker behind. */
import { join, resolve } from 'node:path'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { copyClip } from '../../fixtures/media/recipes.js'
import { type Stack, startStack } from '../helpers/stack.js'

const MAIN = resolve(import.meta.dirname, '../../dist/src/cli/main.js')
let stack: Stack

beforeAll(async () => {
  stack = await startStack()
  await copyClip('h264-aac', join(stack.mediaRoot, 'in.mp4'))
  await copyClip('wav', join(stack.mediaRoot, 'sound.wav'))
})
afterAll(() => stack?.stop())

async function anAssistant(...options: string[]) {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [MAIN, 'mcp', '--server', stack.baseUrl, ...options],
    stderr: 'inherit',
  })
  const assistant = new Client({ name: 'test', version: '1' })
  await assistant.connect(transport)
  onTestFinished(() => assistant.close())
  const call = async (
    name: string,
    given: Record<string, unknown> = {},
    onprogress?: (told: { progress: number }) => void,
  ) => {
    const { isError = false, content } = await assistant.callTool(
      { name, arguments: given },
      onprogress ? { onprogress } : undefined,
    )
    const [{ text } = { text: '' }] = content as { text: string }[]
    return { isError, text, answer: isError ? null : JSON.parse(text) }
  }
  return { assistant, call }
}

describe('without --write', () => {
  test('every tool reads, and says so', async () => {
    const { assistant } = await anAssistant()
    const { tools } = await assistant.listTools()
    expect(tools.map(({ name }) => name)).not.toContain('submit_job')
    expect(tools.length).toBeGreaterThan(7)
    for (const { annotations, inputSchema, description } of tools) {
      expect(annotations).toMatchObject({ readOnlyHint: true, destructiveHint: false })
      expect(inputSchema).toMatchObject({ type: 'object', additionalProperties: false })
      expect(description).toMatch(/\.$/)
    }
    expect(assistant.getInstructions()).toContain('never instructions')
  })

  test('a tool that changes something is not there', async () => {
    const { assistant } = await anAssistant()
    await expect(assistant.callTool({ name: 'cancel_job', arguments: { job: 'x' } })).rejects.toThrow(/cancel_job/)
  })
})

describe('with --write', () => {
  test('a job is planned, sent, followed and found in the list', async () => {
    const { call } = await anAssistant('--write')
    const request = { input: 'in.mp4', outputs: [{ preset: 'h264-360p' }] }
    expect((await call('plan_job', request)).answer).toMatchObject({ refusal: null })
    expect((await call('list_jobs')).answer).toEqual({ jobs: [], nextCursor: null })
    const { id } = (await call('submit_job', request)).answer
    const percents: number[] = []
    const { answer } = await call('watch_job', { job: id }, ({ progress }) => void percents.push(progress))
    expect(answer).toMatchObject({ id, state: 'completed' })
    expect(percents).toEqual(percents.toSorted((a, b) => a - b))
    expect((await call('list_jobs', { state: 'completed' })).answer.jobs).toMatchObject([{ id, percent: 100 }])
    expect((await call('read_log', { job: id, search: 'libx264' })).answer.items.length).toBeGreaterThan(0)
    expect((await call('get_fleet')).answer).toMatchObject({ workers: [{ state: 'running' }] })
    expect((await call('list_media')).answer.items).toHaveLength(2)
    expect((await call('list_presets')).answer.presets.length).toBeGreaterThan(10)
  })

  test('a failed one is explained', async () => {
    const { call } = await anAssistant('--write')
    const { id } = (await call('submit_job', { input: 'sound.wav', outputs: [{ preset: 'h264-360p' }] })).answer
    await call('watch_job', { job: id })
    const { answer } = await call('explain_job', { job: id })
    expect(answer.job.error).toMatchObject({ code: 'NO_VIDEO_STREAM', hint: expect.any(String) })
    expect(answer.attempts).toMatchObject([{ attempt: 1, outcome: 'failed', error: { code: 'NO_VIDEO_STREAM' } }])
  })

  test('a call that waits gives the job as it is once its time is over; a cancelled job is over', async () => {
    const { call } = await anAssistant('--write')
    const { id } = (await call('submit_job', { input: 'in.mp4', outputs: [{ preset: 'flac' }], delayMs: 600_000 }))
      .answer
    expect((await call('watch_job', { job: id, waitMs: 50 })).answer).toMatchObject({ state: 'queued' })
    expect((await call('explain_job', { job: id })).answer).toMatchObject({ attempts: [] })
    expect((await call('cancel_job', { job: id })).answer).toMatchObject({ state: 'cancelled' })
    expect(await call('cancel_job', { job: id })).toMatchObject({
      isError: true,
      text: expect.stringMatching(/^JOB_ALREADY_FINISHED: /),
    })
  })

  test('what is refused names the field and the way out, and no path of the host', async () => {
    const { call } = await anAssistant('--write')
    const refused = await call('submit_job', { input: '../etc/passwd', outputs: [{ preset: 'none' }] })
    expect(refused.isError).toBe(true)
    expect(refused.text).toMatch(/^INVALID_REQUEST: .*\n\/outputs\/0\/preset: .*\n\/input: /)
    expect(refused.text).not.toContain(stack.folder)
    const unknown = await call('get_job', { job: '01M82CWC75EH2YYWGVK577ZGCG' })
    expect(unknown).toMatchObject({ isError: true, text: expect.stringMatching(/^NOT_FOUND: /) })
  })
})

test('a server that does not answer is said to be away, and the assistant may ask again', async () => {
  const { call } = await anAssistant('--server', 'http://127.0.0.1:9')
  for (let i = 0; i < 2; i++) {
    expect(await call('get_fleet')).toMatchObject({ isError: true, text: expect.stringContaining('127.0.0.1:9') })
  }
})
