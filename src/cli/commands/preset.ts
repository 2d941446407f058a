import { defineCommand } from 'citty'
import { EXIT, UsageError } from '../exit.js'
import { exitCodeOf, interruptible } from '../interrupt.js'
import { JSON_OPTION, print, printJsonLine, stdoutColumns, stdoutStyle } from '../print.js'
import { checkedRows } from '../render/checked-preset-view.js'
import { facts } from '../render/table.js'

export default defineCommand({
  meta: {
    name: 'preset',
    description:
      'Check presets of your own as a server would read them: what is wrong with them, what they make, and what ffmpeg would be told. Nothing is made',
  },
  args: {
    task: { type: 'positional', required: true, description: '`check`' },
    file: { type: 'positional', required: true, description: 'The file of a preset, or a folder of them' },
    sample: { type: 'string', valueHint: 'MEDIA', description: 'Plan for this file; default a clip made for it' },
    ...JSON_OPTION,
  },
  async run({ args }) {
    if (args.task !== 'check') throw new UsageError(`There is no "${args.task}"; it is check.`)
    const { checkPresets } = await import('../check-preset.js')
    let exitCode: number = EXIT.ok
    let count = 0
    const ended = await interruptible(async (signal) => {
      for await (const checked of checkPresets(args.file, args.sample ?? null, signal)) {
        if (checked.faults.length > 0 || checked.refusal !== null) exitCode = EXIT.failed
        if (args.json) printJsonLine(checked)
        else print(`${count > 0 ? '\n' : ''}${facts(checkedRows(checked), stdoutStyle(), stdoutColumns())}`)
        count += 1
      }
    })
    return 'interruption' in ended ? exitCodeOf(ended.interruption) : exitCode
  },
})
