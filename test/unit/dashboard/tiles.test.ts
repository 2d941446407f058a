import { expect, test } from 'vitest'
import { parseTiles } from '../../../src/dashboard/job/tiles.js'

const hrefOf = (file: string) => `/files/${file}`

test('each cue is a tile of its sheet', () => {
  const vtt =
    'WEBVTT\n\n00:00.000 --> 00:05.000\nsprite-1.jpg#xywh=0,0,160,90\n\n' +
    '01:00:05.500 --> 01:00:10.000\nsprite-2.jpg#xywh=160,90,160,90\n'
  expect(parseTiles(vtt, hrefOf)).toEqual([
    { fromMs: 0, href: '/files/sprite-1.jpg', x: 0, y: 0, width: 160, height: 90 },
    { fromMs: 3_605_500, href: '/files/sprite-2.jpg', x: 160, y: 90, width: 160, height: 90 },
  ])
})

test('what is no cue of a tile is left out', () => {
  expect(parseTiles('WEBVTT\n\nNOTE nothing\n\n00:00.000 --> 00:05.000\nHello\n', hrefOf)).toEqual([])
  expect(parseTiles('', hrefOf)).toEqual([])
})
