import type { Config } from '../../config/index.js'
import { readRules } from '../../watch-folders/index.js'
import { count } from '../render/figures.js'
import { bad, type Finding, good } from './finding.js'

/** The rules of watch folders, where there are to be any; not whether the server has their presets. */
export async function checkWatchRules(config: Config): Promise<Finding[]> {
  const { watchRules } = config
  if (watchRules === null) return []
  const facts = { id: 'watch-folders', title: 'watch folders' }
  try {
    const rules = await readRules(watchRules, config)
    return [good({ ...facts, found: `${count(rules.length, 'rule')} in ${watchRules}` })]
  } catch (error) {
    const found = (error as Error).message.replaceAll(/\n\s*/g, ' ')
    return [bad({ ...facts, found, hint: 'Correct the file.' })]
  }
}
