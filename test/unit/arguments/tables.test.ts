import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import {
  FILTER_GROUPS,
  filterRule,
  OPTION_GROUPS,
  REFUSED_FILTERS,
  REFUSED_OPTIONS,
  readGraph,
  readOptions,
} from '../../../src/arguments/index.js'

const faultOf = (list: string[]) => readOptions('output', list).faults[0]?.detail ?? null

describe('filters', () => {
  test('no option of theirs is one whose help says that it opens, writes or loads anything', async () => {
    const filters = FILTER_GROUPS.flatMap((group) => group.filters)
    expect(filters.length).toBeGreaterThan(250)
    const suspicious: string[] = []
    let described = 0
    const left = [...filters]
    const look = async () => {
      for (let next = left.pop(); next; next = left.pop()) await lookAt(next)
    }
    const lookAt = async ({ name, options }: (typeof filters)[number]) => {
      const { stdout: help } = await promisify(execFile)('ffmpeg', ['-hide_banner', '-h', `filter=${name}`])
      for (const [, option = '', type, text = ''] of help.matchAll(/^ {3}(\S+) +<(\w+)> +\S+ ?(.*)$/gm)) {
        described += 1
        const isText = type === 'string' || type === 'binary' || type === 'dictionary'
        const named = /file|path|url|socket|plugin|library|model|address/i.test(`${option} ${text}`)
        if (isText && named && options.has(option)) suspicious.push(`${name}.${option}`)
      }
    }
    await Promise.all(Array.from({ length: 4 }, look))
    expect(described).toBeGreaterThan(1_500)
    expect(suspicious).toEqual([])
  }, 300_000)

  test.each(Object.keys(REFUSED_FILTERS))('%s is refused', (name) => {
    expect(filterRule(name)).toBeUndefined()
    expect(readGraph(`scale=2:2,${name}=filename=/etc/passwd`).fault).toContain(REFUSED_FILTERS[name])
  })

  test.each([
    ['drawtext=textfile=/etc/passwd', 'textfile'],
    ['drawtext=fontfile=/etc/passwd:text=a', 'fontfile'],
    ['drawtext=/etc/passwd', 'without a name'],
    ['drawtext=font=\\:file\\=/etc/passwd:text=a', 'name of a font'],
    ['drawtext=/text=/etc/passwd', '/text'],
    ['curves=preset=none:plot=/tmp/x', 'plot'],
    ['curves=none:a:b:c:d:/tmp/x', 'without a name'],
    ['paletteuse=debug_kdtree=/tmp/x', 'debug_kdtree'],
    ['loudnorm=stats_file=/tmp/x', 'stats_file'],
    ['selectivecolor=psfile=x', 'psfile'],
    ["null,'movie'=/etc/passwd", 'movie'],
    ['mov\\ie=/etc/passwd', 'movie'],
    ['null;nosuchfilter', 'nosuchfilter'],
    ['sws_flags=bicubic;null', 'sws_flags'],
  ])('%s is refused', (graph, says) => {
    expect(readGraph(graph).fault).toContain(says)
  })
})

describe('options', () => {
  test.each(Object.keys(REFUSED_OPTIONS))('-%s is refused', (name) => {
    expect(faultOf([`-${name}`, '/etc/passwd'])).toContain(REFUSED_OPTIONS[name])
    expect(readOptions('input', [`-${name}`, '/etc/passwd']).faults).toHaveLength(1)
  })

  test.each([
    [['-f', 'tee'], 'tee'],
    [['-f', 'hls'], 'hls'],
    [['-f', 'concat'], 'concat'],
    [['-c:v', 'h264_nvenc'], 'h264_nvenc'],
    [['-x264-params', 'keyint=50:stats=/tmp/x'], 'stats'],
    [['-x264opts', 'qpfile=/etc/passwd'], 'qpfile'],
    [['-x265-params', 'csv=/tmp/x'], 'csv'],
    [['-bsf:v', 'filter_units=a'], 'filter_units'],
    [['-map', '/etc/passwd'], '/etc/passwd'],
    [['-crf', '20; rm -rf /'], 'a number'],
    [['-vf', 'movie=/etc/passwd'], 'movie'],
    [['-/filter', '/etc/passwd'], 'no option'],
    [['out.mp4'], 'no option'],
    [['-nosuch', '1'], '-nosuch'],
    [['-b:v'], 'takes a value'],
    [['-stream_loop', '1'], 'is an option of an input'],
  ])('%j is refused', (list, says) => {
    expect(faultOf(list)).toContain(says)
  })

  test('a fault names its element, and does not hide the others', () => {
    const { options, faults } = readOptions('output', ['-crf', '20', '-attach', 'x', '-r', 'often', '-an'])
    expect(options.map(({ name }) => name)).toEqual(['crf', 'an'])
    expect(faults.map(({ index }) => index)).toEqual([2, 5])
  })

  test('every group has a reason, and no option is let through and refused at once', () => {
    for (const { reason, options } of OPTION_GROUPS) {
      expect(reason).toMatch(/\.$/)
      for (const { name } of options) expect(REFUSED_OPTIONS).not.toHaveProperty(name)
    }
  })
})
