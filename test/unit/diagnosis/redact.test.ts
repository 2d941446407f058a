import { describe, expect, it } from 'vitest'
import { redactText } from '../../../src/diagnosis/redact.js'
import { reproduceCommand, shellQuote } from '../../../src/diagnosis/reproduce.js'

describe('redactText', () => {
  it.each([
    ['/srv/media/in.mp4: Permission denied', 'in.mp4: Permission denied'],
    ['Error opening /srv/a.mp4.', 'Error opening a.mp4.'],
    ['\'/srv/media/in.mp4\' and "/x/y"', '\'in.mp4\' and "y"'],
    ['file:/srv/media/in.mp4', 'file:in.mp4'],
    ['https://joe:pw@host.example/a/b.mp4?X-Amz-Signature=1#f', 'https://host.example/a/b.mp4'],
    ['rtmp://host/live/secret?key=1 done', 'rtmp://host/live/secret done'],
    ['scale=(iw/2)/2:ih/2,fps=30000/1001', 'scale=(iw/2)/2:ih/2,fps=30000/1001'],
    ['[vist#0:0/h264] x', '[vist#0:0/h264] x'],
    ['speed=1.2x 30/1', 'speed=1.2x 30/1'],
  ])('%s', (text, redacted) => expect(redactText(text)).toBe(redacted))

  it('finds a known path whole, and its folder', () => {
    expect(redactText('/a b/c d/e f.mp4: bad; see /a b/c d/', ['/a b/c d/e f.mp4'])).toBe('e f.mp4: bad; see ')
  })
})

describe('reproduceCommand', () => {
  it('leaves out what is not needed by hand', () => {
    const argv = [
      '-hide_banner',
      '-nostdin',
      '-nostats',
      '-loglevel',
      'repeat+level+info',
      '-stats_period',
      '0.5',
      '-progress',
    ]
    expect(reproduceCommand([...argv, 'pipe:1', '-benchmark', '-y', '-i', 'in.mp4', 'out.mp4'])).toBe(
      'ffmpeg -hide_banner -i in.mp4 out.mp4',
    )
  })

  it('never overwrites the input', () => {
    const argv = ['-i', 'file:/in/source', '-c', 'copy', '/out/film.mp4', 'film.mp4']
    expect(reproduceCommand(argv, 'a/b/film.mp4')).toBe('ffmpeg -i film.mp4 -c copy out-film.mp4 out-film.mp4')
  })

  it('takes no name for an option', () => {
    expect(reproduceCommand(['-i', '/in/-y', 'out.mp4'])).toBe('ffmpeg -i ./-y out.mp4')
  })

  it('names several inputs', () => {
    expect(reproduceCommand(['-i', '/a/1.mp4', '-i', '/b/2.wav', '/c/3.mkv'], 'x.mp4')).toBe(
      'ffmpeg -i x.mp4 -i 2.wav 3.mkv',
    )
  })
})

it.each([
  ['plain-1.0_x', 'plain-1.0_x'],
  ['', "''"],
  ['two words', "'two words'"],
  ["it's", "'it'\\''s'"],
  ['$(rm -rf ~)', "'$(rm -rf ~)'"],
  ['a;b', "'a;b'"],
  ['[0:v]scale=iw/2', "'[0:v]scale=iw/2'"],
])('shellQuote %j', (word, quoted) => expect(shellQuote(word)).toBe(quoted))
