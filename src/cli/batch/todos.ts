import { basename, join } from 'node:path'
import type { Preset } from '../../contract/index.js'
import { jobRequest } from '../request/job-request.js'
import { outputNamesOf } from '../request/output-names.js'
import type { OutputChoice } from '../request/outputs.js'
import type { Entry, Journal } from './journal.js'
import type { Original } from './originals.js'
import type { Place } from './place.js'
import type { Todo } from './plan-batch.js'
import { type Replacing, waitingPlace } from './settle.js'

type Making = {
  choice: OutputChoice
  preset: Preset
  replacing: Replacing
  /** On this machine; null: beside the originals. */
  outputFolder: string | null
  name: string
  journal: Journal
}

/** The job of each original, and where its output goes first. */
export function todosOf(originals: readonly Original[], place: Place, making: Making): Todo[] {
  const { choice, preset, replacing, outputFolder, name, journal } = making
  const beside = outputNamesOf(
    originals.map((original) => ({
      folder: outputFolder === null ? original.beside : join(outputFolder, original.below),
      input: basename(original.shown),
      name: choice.preset,
      extension: preset.extension,
    })),
  )
  return originals.map((original, i) => {
    const former: Entry | null = journal.get(original.path) ?? null
    const wanted = replacing === 'never' ? beside[i]! : waitingPlace(original.path, preset.extension)
    const stays = replacing === 'never' && place.staysAlone
    // What lies there was begun by this batch.
    const onExists = former !== null || replacing !== 'never' ? ('replace' as const) : undefined
    const path = place.outputPathOf(wanted)
    const request = jobRequest(place.uriOf(original), [{ ...choice, path }], {
      ...(path !== null && { onExists }),
      tags: { batch: name },
    })
    return { original, request, place: stays ? null : wanted, former }
  })
}
