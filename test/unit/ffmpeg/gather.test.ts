import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { getDefaultHighWaterMark } from 'node:stream'
import { expect, it } from 'vitest'
import { gather, withLazyPipes } from '../../../src/ffmpeg/gather.js'

async function chunksOf(program: string): Promise<Buffer[]> {
  const child = withLazyPipes(() => spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'ignore', 'pipe'] }))
  const chunks: Buffer[] = []
  const log = gather(child.stderr, (chunk) => chunks.push(Buffer.from(chunk)))
  child.once('exit', () => log.flush())
  await once(child.stderr, 'end')
  return chunks
}

it('reads many tiny pieces in few chunks', async () => {
  const chunks = await chunksOf(`for (let i = 0; i < 200; i++) require('fs').writeSync(2, i + ' ')`)
  expect(Buffer.concat(chunks).toString()).toBe(Array.from({ length: 200 }, (_, i) => `${i} `).join(''))
  expect(chunks.length).toBeLessThan(20)
})

it('reads a flood as fast as it comes', async () => {
  // A wait for each chunk of at most 64 KB would take longer than a test may.
  const bytes = 64_000_000
  const chunks = await chunksOf(
    `for (let left = ${bytes}; left > 0; left -= 10_000) require('fs').writeSync(2, Buffer.alloc(10_000))`,
  )
  expect(chunks.reduce((sum, chunk) => sum + chunk.length, 0)).toBe(bytes)
})

it('gives the pipes made later what they usually have', () => {
  const usual = getDefaultHighWaterMark(false)
  const failing = () =>
    withLazyPipes(() => {
      throw new Error('not spawned')
    })
  expect(failing).toThrow('not spawned')
  expect(getDefaultHighWaterMark(false)).toBe(usual)
})
