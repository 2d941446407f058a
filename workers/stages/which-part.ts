import type { Pass } from '../../src/plan/index.js'

/** What went wrong in a pass, and where in the film, if it makes a part of it. */
export function inItsPart(pass: Pass | null, detail: string): string {
  if (!pass?.part) return detail
  const [from, to] = [pass.part.times[0]!, pass.part.times.at(-1)!].map((us) => Number((us / 1e6).toFixed(3)))
  return `In ${pass.plan.label}, from ${from} s to ${to} s: ${detail}`
}
