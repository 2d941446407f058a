/** What is decided of a file: by its name, by two looks at it, by its probe. All of it pure. */
import { describe, expect, it } from 'vitest'
import type { Probe, WatchRule } from '../../../src/contract/index.js'
import type { FileRecord } from '../../../src/queue/index.js'
import { createClaims } from '../../../src/watch-folders/claims.js'
import { changeOf } from '../../../src/watch-folders/ends.js'
import { idempotencyKeyOf, requestOf } from '../../../src/watch-folders/request.js'
import { type SeenFile, stepOf } from '../../../src/watch-folders/settle.js'
import { skipReason } from '../../../src/watch-folders/skip.js'
import { fillTemplate } from '../../../src/watch-folders/templates.js'

const films: WatchRule = { name: 'films', folder: 'in', preset: 'h264-720p' }

describe('which rule takes a file', () => {
  const claimOf = (rules: WatchRule[], path: string) => {
    const claim = createClaims(rules)(path)
    return claim && ('ignored' in claim ? claim.ignored : [claim.rule.name, ...claim.alsoTakenBy])
  }

  it.each([
    ['in/a.mov', ['films']],
    ['in/A.MOV', ['films']],
    ['in/a.txt', expect.stringContaining('none of video or audio')],
    ['in/.a.mov', expect.stringContaining('begins with a dot')],
    ['in/a.mov.part', expect.stringContaining('`.part`')],
    ['in/a.mov.crdownload', expect.stringContaining('`.crdownload`')],
    ['in/a.mov~', expect.stringContaining('`~`')],
    ['in/below/a.mov', null],
    ['other/a.mov', null],
  ])('%s', (path, taken) => {
    expect(claimOf([films], path)).toEqual(taken)
  })

  it('is decided by globs of the name, or of the path inside the folder', () => {
    const rule = { ...films, recursive: true, include: ['*.mov', 'raw/**/*.mxf'], exclude: ['*-proxy.*'] }
    expect(claimOf([rule], 'in/deep/a.mov')).toEqual(['films'])
    expect(claimOf([rule], 'in/raw/1/2/a.mxf')).toEqual(['films'])
    expect(claimOf([rule], 'in/a.mxf')).toBe('No glob of `include` fits it.')
    expect(claimOf([rule], 'in/a-proxy.mov')).toBe('`exclude` has `*-proxy.*`.')
    expect(claimOf([rule], 'in/.trash/a.mov')).toContain('begins with a dot')
  })

  it('is the first one, and the others are named', () => {
    const all = { ...films, name: 'all', folder: '.', recursive: true }
    expect(claimOf([films, all], 'in/a.mov')).toEqual(['films', 'all'])
    expect(claimOf([all, films], 'in/a.mov')).toEqual(['all', 'films'])
    expect(claimOf([{ ...films, include: ['*.avi'] }, all], 'in/a.mov')).toEqual(['all'])
  })

  it('is none where its own moved files are', () => {
    const rule: WatchRule = { ...films, folder: '.', recursive: true, afterwards: 'move', moveTo: 'done' }
    expect(claimOf([rule], 'done/a.mov')).toBeNull()
    expect(claimOf([rule], 'donec/a.mov')).toEqual(['films'])
  })
})

describe('what a look at a file comes to', () => {
  const seen: SeenFile = { bytes: 100, modifiedMs: 5_000, inode: 7, isLink: false }
  const claim = { rule: films, alsoTakenBy: [] }
  const settling = (stepOf(null, seen, claim, 10_000) as { record: FileRecord }).record
  const been = (state: FileRecord['state']): FileRecord => {
    const { dueMs: _, ...record } = settling
    return { ...record, state }
  }

  it('settles first, and is taken when it was the same for so long', () => {
    expect(settling).toMatchObject({ state: 'settling', sinceMs: 10_000, dueMs: 13_000 })
    expect(stepOf(settling, seen, claim, 12_999)).toBeNull()
    expect(stepOf(settling, seen, claim, 13_000)).toEqual({ take: settling })
  })

  it.each([
    ['has grown', { bytes: 101 }],
    ['was written again', { modifiedMs: 5_001 }],
  ])('begins anew for one that %s', (_what, more) => {
    expect(stepOf(settling, { ...seen, ...more }, claim, 13_000)).toMatchObject({ record: { dueMs: 16_000 } })
    expect(stepOf(been('done'), { ...seen, ...more }, claim, 13_000)).toMatchObject({ record: { state: 'settling' } })
  })

  it('is nothing for what had its job, whatever the rules are now, and whatever its inode', () => {
    for (const state of ['submitted', 'done', 'failed', 'skipped'] as const) {
      expect(stepOf(been(state), seen, claim, 99_000)).toBeNull()
      expect(stepOf(been(state), { ...seen, inode: 8 }, claim, 99_000)).toBeNull()
      expect(stepOf(been(state), seen, { rule: { ...films, name: 'new' }, alsoTakenBy: [] }, 99_000)).toBeNull()
      expect(stepOf(been(state), seen, { rule: films, ignored: 'It is not wanted.' }, 99_000)).toBeNull()
    }
  })

  it('follows the rules for what had none', () => {
    const ignored = { rule: films, ignored: 'It is not wanted.' }
    expect(stepOf(settling, seen, ignored, 11_000)).toMatchObject({ record: { state: 'ignored' } })
    const record = { ...been('ignored'), reason: ignored.ignored }
    expect(stepOf(record, seen, ignored, 11_000)).toBeNull()
    expect(stepOf(record, seen, claim, 11_000)).toMatchObject({ record: { state: 'settling' } })
  })

  it('takes no link', () => {
    expect(stepOf(null, { ...seen, isLink: true }, claim, 0)).toMatchObject({ record: { state: 'ignored' } })
  })

  it('follows its job, and one that was retried', () => {
    expect(changeOf(been('submitted'), 'open')).toBeNull()
    expect(changeOf(been('submitted'), 'completed')).toMatchObject({ state: 'done' })
    expect(changeOf(been('submitted'), { code: 'NOT_MEDIA', detail: 'No.' })).toMatchObject({
      state: 'failed',
      code: 'NOT_MEDIA',
      reason: 'No.',
    })
    expect(changeOf(been('submitted'), 'cancelled')).toMatchObject({ state: 'failed', code: null })
    expect(changeOf(been('failed'), { code: 'NOT_MEDIA', detail: 'No.' })).toBeNull()
    expect(changeOf(been('failed'), 'open')).toMatchObject({ state: 'submitted' })
  })
})

describe('the job of a file', () => {
  const file = { path: 'in/2026/a.b.mov', bytes: 1, modifiedMs: Date.parse('2026-11-27T23:59:59Z') }
  const presets = new Map([
    ['h264-720p', { extension: 'mp4' }],
    ['thumbnails', { extension: '' }],
  ])

  it('goes beside its input, unless the rule says where', () => {
    expect(requestOf({ ...films, priority: 5, tags: { a: 'b' } }, file, presets)).toEqual({
      input: 'in/2026/a.b.mov',
      outputs: [{ preset: 'h264-720p', path: 'in/2026/a.b.mp4' }],
      priority: 5,
      tags: { a: 'b', 'watch-folder': 'films' },
    })
    const { preset: _, ...rule } = films
    const outputs = [{ preset: 'h264-720p' }, { preset: 'thumbnails' }]
    const paths = requestOf({ ...rule, outputs }, file, presets).outputs.map(({ path }) => path)
    expect(paths).toEqual(['in/2026/a.b-h264-720p.mp4', 'in/2026/a.b-thumbnails'])
  })

  it('has what stands in braces filled in once, by the day on which the file was changed', () => {
    const fill = (template: string, input = file.path) =>
      fillTemplate(template, { input, modifiedMs: file.modifiedMs, preset: 'p', extension: 'mp4' })
    expect(fill('{date}/{folder}/{name}-{preset}.{ext}')).toBe('2026-11-27/in/2026/a.b-p.mp4')
    expect(fill('{folder}/{name}.{ext}', 'top.mov')).toBe('top.mp4')
    expect(fill('{name}', 'in/{ext}.mov')).toBe('{ext}')
  })

  it('has a key of its own for every change of the file', () => {
    const keys = [file, { ...file, bytes: 2 }, { ...file, modifiedMs: 1 }, { ...file, path: 'in/b' }].map((each) =>
      idempotencyKeyOf(films, each),
    )
    expect(new Set([...keys, idempotencyKeyOf({ ...films, name: 'other' }, file)]).size).toBe(5)
    expect(idempotencyKeyOf(films, { ...file })).toBe(keys[0])
  })
})

describe('an input in the wanted form', () => {
  const stream = (more: object) => ({
    type: 'video',
    codec: 'h264',
    attachedPicture: false,
    displayWidth: 1280,
    displayHeight: 720,
    ...more,
  })
  const probe = (...streams: object[]) => ({ container: 'mov,mp4,m4a', streams }) as unknown as Probe
  const sound = { type: 'audio', codec: 'aac', attachedPicture: false }
  const wanted = { container: ['mp4'], videoCodec: ['h264'], audioCodec: ['aac'], maxHeight: 720 }

  it('is told, with what makes it so', () => {
    expect(skipReason(wanted, probe(stream({}), sound))).toBe('It is as wanted already: h264, aac, in mp4, 720 high.')
    expect(skipReason(wanted, probe(stream({})))).toContain('without sound')
    expect(
      skipReason(
        wanted,
        probe(stream({}), stream({ attachedPicture: true, codec: 'png', displayHeight: 2_000 }), sound),
      ),
    ).not.toBeNull()
  })

  it.each([
    ['another codec', [stream({ codec: 'hevc' }), sound]],
    ['one of two in another codec', [stream({}), stream({ codec: 'hevc' }), sound]],
    ['other sound', [stream({}), { ...sound, codec: 'ac3' }]],
    ['a larger picture', [stream({ displayHeight: 721 }), sound]],
    ['a picture of unknown size', [stream({ displayHeight: null }), sound]],
    ['no picture', [sound]],
  ])('is none with %s', (_what, streams) => {
    expect(skipReason(wanted, probe(...streams))).toBeNull()
  })
})
