import type { Checked } from '../check-preset.js'
import { passWords, refusalRows } from './dry-run-view.js'
import { presetRows } from './preset-view.js'

type Row = [name: string, value: string]

/** What the check of a preset came to, as rows of `facts`. */
export function checkedRows({ file, preset, extends: bases, faults, sample, plan, refusal }: Checked): Row[] {
  if (preset === null) return [['file', file], ...faults.map((fault): Row => ['wrong', faultWords(fault)])]
  const planned = sample ?? 'a clip of 2 s made for this, MPEG-4 and AAC in an MP4; --sample names a file of yours'
  return [
    ['file', file],
    ...presetRows(preset),
    ...(bases.length > 0 ? [['extends', bases.join(', which extends ')] satisfies Row] : []),
    ['planned for', planned],
    ...(plan?.outputs ?? []).flatMap(({ warnings }) => warnings.map(({ detail }): Row => ['warning', detail])),
    ...(plan?.passes ?? []).flatMap((pass): Row[] => [
      ['pass', passWords(pass)],
      ['', commandLine(pass.argv)],
    ]),
    ...(refusal === null ? [['result', 'it would run; nothing was made'] satisfies Row] : refusalRows(refusal)),
    ...(refusal !== null && sample === null ? [['', 'The clip has one picture and one sound.'] satisfies Row] : []),
  ]
}

function faultWords({ pointer, line, column, detail }: Checked['faults'][number]): string {
  const place = line === null ? '' : `line ${line}, column ${column}`
  const where = [pointer, place].filter(Boolean).join(', ')
  return where === '' ? detail : `${where}: ${detail}`
}

/** Some options are lists of some thousand letters, the same for each input; JSON has them whole. */
const LONG_LISTS = ['-format_whitelist', '-codec_whitelist']

function commandLine(argv: readonly string[]): string {
  const shown = argv.map((word, i) => (LONG_LISTS.includes(argv[i - 1] ?? '') ? '…' : shellWord(word)))
  return ['ffmpeg', ...shown].join(' ')
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
