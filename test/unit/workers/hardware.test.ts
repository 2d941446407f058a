import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { Breaker } from '../../../workers/hardware/breaker.js'
import { findDevices } from '../../../workers/hardware/devices.js'
import { Sessions } from '../../../workers/hardware/sessions.js'
import { aFolder } from '../../helpers/folder.js'

describe('a breaker', () => {
  const options = { failures: 3, windowMs: 1_000, firstMs: 10, longestMs: 35 }

  it('takes a device out after so many failures within the window', () => {
    const breaker = new Breaker(options)
    expect([breaker.failed(0), breaker.failed(500), breaker.failed(1_200)]).toEqual([null, null, null])
    expect(breaker.isOut).toBe(false)
    expect(breaker.failed(1_300)).toBe(10)
    expect(breaker.isOut).toBe(true)
    // What ran on it still.
    expect(breaker.failed(1_301)).toBeNull()
  })

  it('forgets failures when an encode succeeds', () => {
    const breaker = new Breaker(options)
    breaker.failed(0)
    breaker.failed(1)
    breaker.succeeded()
    expect(breaker.failed(2)).toBeNull()
  })

  it('waits twice as long each time, up to the longest, until an encode succeeds', () => {
    const breaker = new Breaker(options)
    expect([breaker.takeOut(), breaker.takeOut(), breaker.takeOut(), breaker.takeOut()]).toEqual([10, 20, 35, 35])
    breaker.takeBack(100)
    expect(breaker.isOut).toBe(false)
    expect(breaker.failed(101)).toBe(35)
    breaker.takeBack(200)
    breaker.succeeded()
    expect([breaker.failed(201), breaker.failed(202), breaker.failed(203)]).toEqual([null, null, 10])
  })
})

describe('sessions', () => {
  const of = (count: number, device = 'gpu') => new Map([[device, count]])
  const { signal } = new AbortController()

  it('are as many as the limit, by device', () => {
    const sessions = new Sessions(2, () => {})
    const [a, b] = [sessions.open(), sessions.open()]
    a.settle(of(2))
    expect([sessions.free('gpu'), sessions.free('other')]).toEqual([0, 2])
    expect([a.available('gpu'), b.available('gpu')]).toEqual([2, 0])
    a.settle(of(1))
    expect(b.available('gpu')).toBe(1)
    a.close()
    a.close()
    expect(sessions.free('gpu')).toBe(2)
  })

  it('are waited for in order, and given to nobody else meanwhile', async () => {
    const sessions = new Sessions(2, () => {})
    const [a, b, c] = [sessions.open(), sessions.open(), sessions.open()]
    a.settle(of(1))
    const order: string[] = []
    const two = b.wait(of(2), signal).then(() => order.push('two'))
    const one = c.wait(of(1), signal).then(() => order.push('one'))
    expect(sessions.free('gpu')).toBe(0)
    a.close()
    await two
    expect(order).toEqual(['two'])
    b.settle(of(1))
    await one
    expect(order).toEqual(['two', 'one'])
  })

  it('are all there are for who wants more', async () => {
    const sessions = new Sessions(2, () => {})
    const held = sessions.open()
    await held.wait(of(5), signal)
    expect(sessions.free('gpu')).toBe(0)
    held.settle(of(5))
    held.close()
    expect(sessions.free('gpu')).toBe(2)
  })

  it('count for who holds them already and asks once more', async () => {
    const sessions = new Sessions(2, () => {})
    const held = sessions.open()
    await held.wait(of(2), signal)
    await held.wait(of(2), signal)
    expect(held.available('gpu')).toBe(2)
    held.close()
    expect(sessions.free('gpu')).toBe(2)
  })

  it('go to the next when one that waits gives up', async () => {
    const sessions = new Sessions(1, () => {})
    const [a, b, c] = [sessions.open(), sessions.open(), sessions.open()]
    a.settle(of(1))
    const stopper = new AbortController()
    const first = b.wait(of(1), stopper.signal)
    const second = c.wait(of(1), signal)
    stopper.abort(new Error('stopped'))
    await expect(first).rejects.toThrow('stopped')
    a.close()
    await second
    b.close()
    expect(sessions.free('gpu')).toBe(0)
  })

  it('are told to be free when nobody here waits', () => {
    const onFree = vi.fn()
    const sessions = new Sessions(1, onFree)
    const held = sessions.open()
    held.settle(of(1))
    expect(onFree).not.toHaveBeenCalled()
    held.close()
    expect(onFree).toHaveBeenCalledTimes(1)
    held.close()
    expect(onFree).toHaveBeenCalledTimes(1)
  })
})

describe('devices', () => {
  const found = (
    hardware: Parameters<typeof findDevices>[0]['hardware'],
    dev: string,
    platform: NodeJS.Platform = 'linux',
  ) => findDevices({ hardware }, { dev, platform }).map(({ family, nodes, node }) => [family, nodes.length, node])

  it('are those whose nodes are there', async () => {
    const dev = await aFolder()
    expect(found('auto', dev)).toEqual([])
    expect(found('auto', join(dev, 'missing'))).toEqual([])
    await mkdir(join(dev, 'dri'))
    for (const name of ['dri/card0', 'dri/renderD129', 'dri/renderD128', 'nvidiactl', 'nvidia0', 'null']) {
      await writeFile(join(dev, name), '')
    }
    await mkdir(join(dev, 'nvidia-caps'))
    await writeFile(join(dev, 'nvidia-caps', 'nvidia-cap1'), '')
    const render = join(dev, 'dri', 'renderD128')
    const families = [['nvenc', 3, null], ...['qsv', 'vaapi', 'amf'].map((family) => [family, 2, render])]
    expect(found('auto', dev)).toEqual(families)
    expect(found('none', dev)).toEqual([])
    expect(found(['vaapi'], dev)).toEqual([['vaapi', 2, render]])
  })

  it('are VideoToolbox on macOS, and what is named anywhere', async () => {
    const dev = await aFolder()
    expect(found('auto', dev, 'darwin')).toEqual([['videotoolbox', 0, null]])
    expect(found(['nvenc', 'vaapi'], dev)).toEqual([
      ['nvenc', 0, null],
      ['vaapi', 0, null],
    ])
  })
})
