/**
 * Makes `run.svg`: what a real `ffleet run` shows in a terminal, once while it encodes and once when it is done.
 * `npx tsx docs/images/record.ts` after a build.
 */
import { writeFileSync } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeClip } from '../../fixtures/media/recipes.js'
import { startCli } from '../../test/helpers/cli.js'

const COLUMNS = 100
const LINE_HEIGHT = 20
const CHARACTER_WIDTH = 8.4
/** A slow encoder, so that the bar of a small clip can be seen. */
const ARGS = ['run', 'in.mov', '-o', 'out.mp4', '--preset', 'av1-1080p']
const COLOURS: Record<string, string> = { 31: '#ff7b72', 32: '#7ee787', 33: '#e3b341', 36: '#79c0ff' }

const folder = await mkdtemp(join(tmpdir(), 'ffleet-record-'))
await cp(await makeClip('h264-aac-6s'), join(folder, 'in.mov'))
const run = startCli(ARGS, { cwd: folder, terminal: true, env: { TERM: 'xterm-256color', FORCE_COLOR: '1' } })
const { stdout, code } = await run.ended
await rm(folder, { recursive: true })
if (code !== 0) throw new Error(`it ended with ${code}:\n${stdout}`)

const lines = stdout.split(/\r\n|\r|\n|\x1b\[\d*A/).map((line) => line.replaceAll(/\x1b\[[\d?]*[KJhlG]/g, ''))
const bar = lines.filter((line) => /\b[4-8]\d\.\d %/.test(line)).at(-1)
const summary = lines.slice(lines.findLastIndex((line) => line.includes('✔'))).filter((line) => line.trim() !== '')
if (!bar) throw new Error('the run was too fast to show a bar')
const shown = [`\x1b[1m$ ffleet ${ARGS.join(' ')}\x1b[0m`, bar, '', ...summary]
writeFileSync(join(import.meta.dirname, 'run.svg'), svg(shown))

function svg(rows: string[]): string {
  const width = COLUMNS * CHARACTER_WIDTH + 32
  const height = rows.length * LINE_HEIGHT + 32
  const text = rows.map((row, i) => `<text x="16" y="${16 + (i + 0.75) * LINE_HEIGHT}">${spans(row)}</text>`)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" role="img" aria-label="ffleet run">`,
    '<style>text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#e6edf3;white-space:pre}</style>',
    `<rect width="100%" height="100%" rx="8" fill="#0d1117"/>`,
    ...text,
    '</svg>\n',
  ].join('\n')
}

/** A line with SGR colours as SVG spans. */
function spans(row: string): string {
  let style = ''
  return row
    .split(/(\x1b\[[\d;]*m)/)
    .map((part) => {
      const sgr = /^\x1b\[([\d;]*)m$/.exec(part)
      if (!sgr) return part === '' ? '' : `<tspan${style} xml:space="preserve">${escaped(part)}</tspan>`
      if (sgr[1] === '1') style += ' font-weight="bold"'
      else if (sgr[1] === '2') style += ' opacity="0.6"'
      else if (sgr[1]! in COLOURS) style += ` fill="${COLOURS[sgr[1]!]}"`
      else style = ''
      return ''
    })
    .join('')
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
