import type { OutputWarning } from '../contract/index.js'

/** Each said once. */
export function distinctWarnings(warnings: readonly OutputWarning[]): OutputWarning[] {
  return [...new Map(warnings.map((warning) => [`${warning.code} ${warning.detail}`, warning])).values()]
}
