import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { makeClip } from '../../../fixtures/media/recipes.js'
import { aRun } from '../../helpers/ffmpeg-runs.js'
import { waitFor } from '../../helpers/wait-for.js'

const DECODES = ['-f', 'mov', '-i', 'pipe:0', '-f', 'null', '-']
const film = await readFile(await makeClip('large-in-front'))

describe('what ffmpeg reads from its stdin', () => {
  it('comes from whoever runs it', async () => {
    const { result } = aRun(DECODES, { stdin: inParts(film, 100_000) })
    expect(await result).toMatchObject({ ok: true, lastBlock: { frame: 200 } })
  })

  it('is asked for no faster than it is read', async () => {
    let asked = 0
    async function* counted() {
      for await (const part of inParts(film, 10_000)) {
        asked += part.length
        yield part
      }
    }
    // As fast as it plays: 8 s for all of it.
    const run = aRun(['-re', ...DECODES], { stdin: counted() })
    for await (const { outTimeUs } of run) if ((outTimeUs ?? 0) > 500_000) break
    expect(asked).toBeLessThan(film.length * 0.9)
    run.kill()
    await run.result
  })

  it('kills it where that fails, for it would take that for the end', async () => {
    async function* broken() {
      yield film.subarray(0, 6_000_000)
      throw new Error('no more')
    }
    expect(await aRun(DECODES, { stdin: broken() }).result).toMatchObject({ ok: false, ended: 'killed' })
  })

  it('is closed when it ends before it has read everything', async () => {
    let isClosed = false
    async function* endless() {
      try {
        for (;;) yield film
      } finally {
        isClosed = true
      }
    }
    const { result } = aRun(['-f', 'mov', '-t', '0.5', '-i', 'pipe:0', '-f', 'null', '-'], { stdin: endless() })
    expect(await result).toMatchObject({ ok: true, ended: 'exited' })
    await waitFor(() => expect(isClosed).toBe(true))
  })
})

async function* inParts(bytes: Buffer, length: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}
