import { expect, test } from 'vitest'
import { type Attempt, AttemptLostError, createOutbox } from '../../../src/queue/index.js'
import { aSnapshot } from '../../helpers/jobs.js'
import { waitFor } from '../../helpers/wait-for.js'

/** An outbox whose attempt notes what it is told; `fate` decides what becomes of each sending, and may make it wait. */
function anOutbox(fate: (sending: number) => Promise<unknown> = async () => {}) {
  const told: string[] = []
  const calls = { lost: 0, cancelled: 0, refused: [] as unknown[] }
  let sendings = 0
  const answer = { cancelled: false }
  const tell = async (what: string) => {
    told.push(what)
    await fate(++sendings)
    return answer
  }
  const progress: Attempt['progress'] = (number, { percent }) => tell(`${number} progress ${percent}`)
  const outbox = createOutbox({
    attempt: { progress } as Attempt,
    onLost: () => void calls.lost++,
    onCancelled: () => void calls.cancelled++,
    onRefused: (error) => void calls.refused.push(error),
  })
  const post = (what: string) => outbox.post((number) => tell(`${number} ${what}`))
  const report = (percent: number) => outbox.progress(aSnapshot({ percent }))
  return { outbox, post, report, told, calls, answer }
}

const away = () => Promise.reject(new Error('Connection is closed.'))

/** Something that stays closed until it is opened. */
function aGate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

test('tells in order, with a rising number', async () => {
  const { outbox, post, report, told } = anOutbox()
  post('a')
  report(1)
  post('b')
  await outbox.flush()
  expect(told).toEqual(['1 a', '2 progress 1', '3 b'])
})

test('sends one at a time; progress that waits shrinks to the newest between two others', async () => {
  const gate = aGate()
  const { outbox, post, report, told } = anOutbox(() => gate.opened)
  post('a')
  report(1)
  report(2)
  post('b')
  report(3)
  report(4)
  expect(told).toEqual(['1 a'])
  gate.open()
  await outbox.flush()
  expect(told).toEqual(['1 a', '2 progress 2', '3 b', '4 progress 4'])
})

test('sends again under the same number what Redis did not answer', async () => {
  const { outbox, post, told } = anOutbox((sending) => (sending <= 2 ? away() : Promise.resolve()))
  post('a')
  post('b')
  await outbox.flush()
  expect(told).toEqual(['1 a', '1 a', '1 a', '2 b'])
})

test('does not send old progress again when there is newer', async () => {
  const gate = aGate()
  const { outbox, report, told } = anOutbox((sending) => (sending === 1 ? gate.opened.then(away) : Promise.resolve()))
  report(1)
  report(2)
  gate.open()
  await outbox.flush()
  expect(told).toEqual(['1 progress 1', '2 progress 2'])
})

test('is lost once, and says nothing more', async () => {
  const { outbox, post, told, calls } = anOutbox(() => Promise.reject(new AttemptLostError('test')))
  post('a')
  post('b')
  await expect(outbox.flush()).rejects.toBeInstanceOf(AttemptLostError)
  post('c')
  await expect(outbox.flush()).rejects.toBeInstanceOf(AttemptLostError)
  expect(told).toEqual(['1 a'])
  expect(calls.lost).toBe(1)
})

test('drops what Redis refuses for its own sake, and goes on', async () => {
  const broken = new Error('ERR wrong')
  const { outbox, post, told, calls } = anOutbox((sending) =>
    sending === 1 ? Promise.reject(broken) : Promise.resolve(),
  )
  post('a')
  post('b')
  await outbox.flush()
  expect(told).toEqual(['1 a', '2 b'])
  expect(calls.refused).toEqual([broken])
})

test('hears of a cancellation with the next answer', async () => {
  const { outbox, post, calls, answer } = anOutbox()
  post('a')
  await outbox.flush()
  expect(calls.cancelled).toBe(0)
  answer.cancelled = true
  post('b')
  await outbox.flush()
  expect(calls.cancelled).toBe(1)
})

test('closed while Redis is away it lets go', async () => {
  const { outbox, post, told } = anOutbox(away)
  post('a')
  await waitFor(() => expect(told).toHaveLength(1))
  outbox.close()
  await outbox.flush()
  post('b')
  expect(told).toEqual(['1 a'])
})

test('full of what waits it makes room by dropping log lines, never an output or a phase', async () => {
  const gate = aGate()
  const { outbox, post, told } = anOutbox(() => gate.opened)
  for (let i = 0; i < 3_000; i++)
    outbox.post((number) => Promise.resolve(told.push(`${number} log`)).then(() => ({ cancelled: false })), 'log')
  post('output')
  gate.open()
  await outbox.flush()
  expect(told.at(-1)).toMatch(/ output$/)
  expect(told.length).toBeLessThanOrEqual(2_002)
})
