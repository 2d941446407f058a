import { defineCommand } from 'citty'
import type { Probe } from '../../contract/index.js'
import { JSON_OPTION, print, printJson, stdoutColumns, stdoutStyle } from '../print.js'
import { formatBitrate, formatBytes, formatClock } from '../render/figures.js'
import { streamWords } from '../render/stream-words.js'
import { facts, table } from '../render/table.js'
import { localInput } from '../run/local-files.js'

export default defineCommand({
  meta: { name: 'probe', description: 'Show what a media file holds: a table on a terminal, else JSON' },
  args: { file: { type: 'positional', required: true, description: 'The file' }, ...JSON_OPTION },
  async run({ args }) {
    const { loadConfig } = await import('../../config/index.js')
    const { findCapabilities } = await import('../../ffmpeg/index.js')
    const { enclosureFor } = await import('../../../workers/enclosure.js')
    const { createProber } = await import('../../probe/index.js')
    const config = loadConfig()
    const found = await findCapabilities({ ffmpeg: config.ffmpeg, ffprobe: config.ffprobe })
    const capabilities = { ...found, ...(await enclosureFor(config, found)) }
    const prober = createProber({ capabilities, limits: config })
    try {
      const probe = await prober.probe(await localInput(args.file))
      if (args.json || !process.stdout.isTTY) return printJson(probe)
      print(probeTable(probe))
    } finally {
      await prober.close()
    }
  },
})

function probeTable(probe: Probe): string {
  const style = stdoutStyle()
  const rows: [string, string][] = [
    ['container', probe.container],
    ['size', formatBytes(probe.bytes)],
    ['duration', clock(probe.durationUs)],
    ['bit rate', formatBitrate(probe.bitrate)],
    ...Object.entries(probe.tags),
    ['read by', probe.by],
  ]
  const head = ['#', 'TYPE', 'CODEC', 'WHAT', 'DURATION', 'BIT RATE', 'LANGUAGE']
  const streams = probe.streams.map((stream) => [
    String(stream.index),
    stream.attachedPicture ? 'picture' : stream.type,
    stream.codec ?? '?',
    streamWords(stream),
    clock(stream.durationUs),
    formatBitrate(stream.bitrate),
    stream.language ?? '',
  ])
  return `${facts(rows, style, stdoutColumns())}\n${table(head, streams, style, { columns: stdoutColumns(), text: 3 })}`
}

function clock(us: number | null): string {
  return us === null ? '?' : formatClock(us / 1000)
}
