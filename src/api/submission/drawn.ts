/** What a request, or a preset of the operator, wants drawn on pictures. */
import {
  type ArgumentsRecipe,
  fillTemplate,
  type JobRequest,
  type NamedFile,
  namesJob,
  type Preset,
  watermarkOf,
} from '../../contract/index.js'
import type { Font } from '../../fonts/index.js'
import { fieldName } from './explain.js'
import type { Fault } from './faults.js'

type Recipes = readonly (Preset | ArgumentsRecipe | null)[]

/** Files that recipes draw and the request does not name. A preset belongs to no job, so it takes nothing from one. */
export function watermarksOfPresets({ outputs }: JobRequest, recipes: Recipes, faults: Fault[]): NamedFile[] {
  return recipes.flatMap((recipe, i) => {
    const uri = recipe === null ? null : watermarkOf({ recipe })
    if (uri === null || outputs[i]?.video?.watermark !== undefined) return []
    const pointer = `/outputs/${i}/preset`
    if (!namesJob(uri)) return [{ uri, pointer }]
    const detail = `${fieldName(pointer)} draws a watermark of one job; in a preset it has to be a file of the media root.`
    faults.push({ code: 'INVALID_REQUEST', pointer, detail })
    return []
  })
}

/** Letters of templates that the font has not got. Those of fields show when they are filled in. */
export function letterFaults({ outputs }: JobRequest, recipes: Recipes, font: Pick<Font, 'lacks'>): Fault[] {
  return recipes.flatMap((recipe, i): Fault[] => {
    const text = recipe === null || recipe.kind === 'arguments' ? undefined : recipe.video?.text
    const lacking = text ? font.lacks(fillTemplate(text.template, () => '')) : []
    if (lacking.length === 0) return []
    const isAsked = outputs[i]?.video?.text !== undefined
    const pointer = isAsked ? `/outputs/${i}/video/text/template` : `/outputs/${i}/preset`
    const detail = `${fieldName(pointer)} is to be drawn with letters that the font lacks: ${lacking.slice(0, 20).join(' ')}`
    return [{ code: 'LETTERS_NOT_IN_FONT', pointer, detail }]
  })
}
