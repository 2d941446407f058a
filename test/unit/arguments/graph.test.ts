import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseGraph, writeGraph } from '../../../src/arguments/index.js'

/** What a graph reads, as people see it. */
const read = (text: string) =>
  parseGraph(text).map((chain) =>
    chain.map(({ name, options }) => [name, ...options.map((each) => [each.name, each.value])]),
  )

/** The hash of the frames that ffmpeg makes by a graph. */
function framesOf(graph: string): string {
  const args = ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc=d=0.4:s=64x48:r=10', '-vf', graph, '-f', 'framehash', '-']
  const { status, stdout, stderr } = spawnSync('ffmpeg', args, { encoding: 'utf8' })
  expect(stderr, graph).toBe('')
  expect(status).toBe(0)
  return stdout
}

test('reads chains, labels, names, quotes and escapes', () => {
  expect(read('scale=320:-2,format=yuv420p')).toEqual([
    [
      ['scale', [null, '320'], [null, '-2']],
      ['format', [null, 'yuv420p']],
    ],
  ])
  expect(read("select='gt(scene,0.4)'")).toEqual([[['select', [null, 'gt(scene,0.4)']]]])
  expect(read('drawtext=text=a\\\\:b:x=1')).toEqual([[['drawtext', ['text', 'a:b'], ['x', '1']]]])
  expect(parseGraph('[0:v][1:v] overlay@top = x=1 [out] ; [out] null')).toEqual([
    [{ name: 'overlay', id: 'top', options: [{ name: 'x', value: '1' }], inputs: ['0:v', '1:v'], outputs: ['out'] }],
    [{ name: 'null', id: null, options: [], inputs: ['out'], outputs: [] }],
  ])
})

test.each(['', ',', 'scale=1,', '[in', '[in]', 'a b=1', 'scale;;null', '[a/b]null', 'null]'])(
  '%j is refused',
  (text) => {
    expect(() => parseGraph(text)).toThrow()
  },
)

test('what is written reads the same again, whatever the values hold', () => {
  const value = fc.string({ unit: fc.constantFrom(...":=,;[]'\\ \tab/1@%{}"), maxLength: 12 })
  const name = fc.constantFrom(null, 'text', 'x')
  const filter = fc.record({
    name: fc.constantFrom('drawtext', 'scale'),
    id: fc.constantFrom(null, 'one'),
    options: fc.array(fc.record({ name, value }), { maxLength: 3 }),
    inputs: fc.constantFrom<string[][]>([], ['0:v'], ['a', 'b']),
    outputs: fc.constantFrom<string[][]>([], ['out']),
  })
  fc.assert(
    fc.property(fc.array(fc.array(filter, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 2 }), (graph) => {
      // An empty one without a name at the end is no option.
      for (const each of graph.flat())
        while (each.options.at(-1)?.name === null && each.options.at(-1)!.value === '') each.options.pop()
      expect(parseGraph(writeGraph(graph))).toEqual(graph)
    }),
    { numRuns: 2_000 },
  )
})

describe('ffmpeg makes the same of what is written', () => {
  test.each([
    'scale=32:-2,format=yuv420p',
    "select='gte(n,1)*lt(t\\,0.3)',setpts=N/10/TB",
    'split[a][b];[b]hflip[c];[a][c]hstack',
    'crop=w=iw/2:h=ih-4:x=2:y=2,pad=ceil(iw/2)*2:ih+4:0:2:violet',
    "drawbox=x=4:y=4:w='min(iw,20)':h=8:color=red@0.5:t=fill",
    "lutrgb=r='clip(val*0.9, 10, 200)':g=negval",
    'curves=preset=vintage, hue = h=90 : s=1',
    "geq=lum='p(X,Y)':cb=128:cr=128",
  ])('%s', (graph) => {
    expect(framesOf(writeGraph(parseGraph(graph)))).toBe(framesOf(graph))
  })
})
