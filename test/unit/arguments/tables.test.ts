import { spawnSync } from 'node:child_process'
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

/** The filters of a class of options: `lut/lutyuv/lutrgb`, `scale(2ref)`, `(a)trim`. */
function namesOf(title: string): string[] {
  return title.split('/').flatMap((name) => {
    const [, before = '', inside = '', behind = ''] = /^(\w*)\((\w+)\)(\w*)$/.exec(name) ?? []
    return inside === '' ? [name] : [before + behind, before + inside + behind]
  })
}

describe('filters', () => {
  test('no option of theirs is one whose help says that it opens, writes or loads anything', () => {
    const full = spawnSync('ffmpeg', ['-hide_banner', '-h', 'full'], { encoding: 'utf8', maxBuffer: 2 ** 25 }).stdout
    const suspicious: string[] = []
    const described = new Set<string>()
    for (const [, title = '', body = ''] of full.matchAll(/^(\S+) AVOptions:\n((?:.+\n)+)/gm)) {
      for (const rule of namesOf(title).flatMap((name) => filterRule(name) ?? [])) {
        for (const [, option = '', type, text = ''] of body.matchAll(/^ {2,4}-?(\S+) +<(\w+)> +\S+ ?(.*)$/gm)) {
          described.add(`${rule.name}.${option}`)
          const isText = type === 'string' || type === 'binary' || type === 'dictionary'
          const named = /file|path|url|socket|plugin|library|model|address/i.test(`${option} ${text}`)
          if (isText && named && rule.options.has(option)) suspicious.push(`${rule.name}.${option}`)
        }
      }
    }
    // It sees those that are left out of the list, and so would see one that is not.
    for (const each of ['drawtext.textfile', 'curves.psfile', 'paletteuse.debug_kdtree'])
      expect(described).toContain(each)
    expect(FILTER_GROUPS.flatMap(({ filters }) => filters).length).toBeGreaterThan(250)
    expect(described.size).toBeGreaterThan(1_000)
    expect(suspicious).toEqual([])
  })

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
