import { defineCommand } from 'citty'
import { FfleetConnectionError } from '../../client/index.js'
import type { Preset } from '../../contract/index.js'
import { nearest } from '../../nearest.js'
import { CommandError } from '../exit.js'
import { JSON_OPTION, print, printJson, printJsonLine, stdoutColumns, stdoutStyle } from '../print.js'
import { presetRows } from '../render/preset-view.js'
import { facts, table } from '../render/table.js'
import { clientOf, SERVER_OPTION, serverNamedBy } from '../server.js'

export default defineCommand({
  meta: {
    name: 'presets',
    description: 'List the presets, or show one: those of a server, else those of this machine',
  },
  args: {
    name: { type: 'positional', required: false, description: 'Name of a preset' },
    ...JSON_OPTION,
    ...SERVER_OPTION,
  },
  async run({ args }) {
    const presets = await readPresets(args)
    if (args.name !== undefined) {
      const preset = presetOf(args.name, presets)
      if (args.json) return printJson(preset)
      return print(facts(presetRows(preset), stdoutStyle(), stdoutColumns()))
    }
    if (args.json) return presets.forEach(printJsonLine)
    const rows = presets.map((preset) => [preset.name, preset.extension || 'folder', preset.description])
    print(table(['PRESET', 'MAKES', 'DESCRIPTION'], rows, stdoutStyle(), { columns: stdoutColumns() }))
  },
})

/** The server's; where none is named and none answers, those that `ffleet run` and `ffleet up` would know here. */
async function readPresets(args: { server?: string | undefined }): Promise<Preset[]> {
  try {
    return await clientOf(args).presets()
  } catch (error) {
    if (serverNamedBy(args) !== null || !(error instanceof FfleetConnectionError)) throw error
    const { loadConfig } = await import('../../config/index.js')
    const { loadPresets } = await import('../../presets/index.js')
    return (await loadPresets(loadConfig().presetsDir ?? undefined)).list()
  }
}

function presetOf(name: string, presets: readonly Preset[]): Preset {
  const preset = presets.find((each) => each.name === name)
  if (preset) return preset
  const [near] = nearest(
    name,
    presets.map((each) => each.name),
  )
  throw new CommandError(
    `There is no preset "${name}"${near === undefined ? '' : `; did you mean ${near}?`} See \`ffleet presets\`.`,
    { code: 'PRESET_NOT_FOUND' },
  )
}
