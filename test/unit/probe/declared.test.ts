import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { readDeclared } from '../../../src/probe/declared.js'

const folder = mkdtempSync(join(tmpdir(), 'ffleet-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

function declared(data: Buffer) {
  const path = join(folder, 'file')
  writeFileSync(path, data)
  const file = openSync(path, 'r')
  try {
    return readDeclared(file, data.length, data.subarray(0, 1024))
  } finally {
    closeSync(file)
  }
}

const box = (name: string, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts)
  const head = Buffer.alloc(8)
  head.writeUInt32BE(8 + body.length)
  head.write(name, 4, 'latin1')
  return Buffer.concat([head, body])
}
const track = (entry: string) => {
  const stsd = box('stsd', Buffer.from([0, 0, 0, 0, 0, 0, 0, 1]), box(entry, Buffer.alloc(8)))
  return box('trak', box('tkhd'), box('mdia', box('mdhd'), box('minf', box('stbl', stsd))))
}
const ftyp = box('ftyp', Buffer.from('isom\0\0\0\0'))

const element = (id: string, ...parts: Buffer[]) => {
  const body = Buffer.concat(parts)
  const size = Buffer.alloc(4)
  size.writeUInt32BE(0x10000000 + body.length)
  return Buffer.concat([Buffer.from(id, 'hex'), size, body])
}
const matroska = (...tracks: Buffer[]) =>
  Buffer.concat([element('1a45dfa3', Buffer.alloc(4)), element('18538067', element('1654ae6b', ...tracks))])
const lockedTrack = element('ae', element('6d80', element('6240', element('5035', Buffer.alloc(2)))))

const transport = (scrambling: number) =>
  Buffer.concat(
    Array.from({ length: 40 }, () => Buffer.concat([Buffer.from([0x47, 1, 0, 0x10 | scrambling]), Buffer.alloc(184)])),
  )

describe('what a container declares', () => {
  it('tracks of an MP4, and which are locked', () => {
    expect(declared(Buffer.concat([ftyp, box('moov', track('avc1'), track('mp4a'))]))).toMatchObject({
      locks: new Set(),
      tracks: 2,
    })
    const mixed = Buffer.concat([ftyp, box('mdat', Buffer.alloc(100)), box('moov', track('avc1'), track('enca'))])
    expect(declared(mixed)).toMatchObject({ locks: new Set([1]), tracks: 2 })
    expect(declared(Buffer.concat([ftyp, box('moov', track('drms'))])).locks).toEqual(new Set([0]))
  })

  it('tracks of a Matroska, and which are locked', () => {
    expect(declared(matroska(element('ae', Buffer.alloc(3)), lockedTrack))).toMatchObject({
      locks: new Set([1]),
      tracks: 2,
      attachments: [],
    })
  })

  it('attachments of a Matroska, also where only its index knows of them', () => {
    const attached = (bytes: number) =>
      element('61a7', element('466e', Buffer.from('a.ttf')), element('465c', Buffer.alloc(bytes)))
    const attachments = element('1941a469', attached(300), attached(20))
    const film = [element('1654ae6b', element('ae', Buffer.alloc(3))), element('1f43b675', Buffer.alloc(64))]
    const segment = (...parts: Buffer[]) =>
      Buffer.concat([element('1a45dfa3', Buffer.alloc(4)), element('18538067', ...parts)])
    const found = { tracks: 1, attachments: [300, 20] }
    expect(declared(segment(attachments, ...film))).toMatchObject(found)
    const seek = (position: number) => {
      const at = Buffer.alloc(4)
      at.writeUInt32BE(position)
      return element('114d9b74', element('4dbb', element('53ab', Buffer.from('1941a469', 'hex')), element('53ac', at)))
    }
    const behind = seek(0).length + Buffer.concat(film).length
    expect(declared(segment(seek(behind), ...film, attachments))).toMatchObject(found)
    // Both ways lead to the same ones.
    expect(declared(segment(seek(seek(0).length), attachments, ...film))).toMatchObject(found)
    expect(declared(segment(seek(7), ...film, attachments)).attachments).toEqual([])
  })

  it('a transport stream that is scrambled', () => {
    expect(declared(transport(0))).toEqual({ locks: new Set(), tracks: null, attachments: null })
    expect(declared(transport(0x80)).locks).toBe('all')
  })

  it('nothing of anything else, without a fault', () => {
    const starts = [ftyp, Buffer.from('1a45dfa3', 'hex'), Buffer.from('3026b275', 'hex'), Buffer.alloc(0)]
    fc.assert(
      fc.property(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 400 }), (start, rest) => {
        declared(Buffer.concat([start, rest]))
      }),
    )
  })
})
