import { defineCommand } from 'citty'
import { readConfig } from '../../config/index.js'
import { isHealthy, runChecks } from '../doctor/checks.js'
import { bad, type Finding, poor } from '../doctor/finding.js'
import { type FixResult, fix } from '../doctor/install.js'
import { EXIT } from '../exit.js'
import { JSON_OPTION, print, printJson, stdoutColumns, stdoutStyle } from '../print.js'
import type { Style } from '../render/style.js'
import { printable, wrapLines } from '../render/text.js'

export default defineCommand({
  meta: { name: 'doctor', description: 'Check Node, ffmpeg, encoders, Redis, folders and settings' },
  args: {
    fix: { type: 'boolean', description: "Install what is missing through the system's package manager" },
    'for-tests': { type: 'boolean', description: "Also what only ffleet's own tests need" },
    ...JSON_OPTION,
  },
  async run({ args }) {
    const forTests = args['for-tests'] === true
    let findings = await examine(forTests)
    let fixed: FixResult | null = null
    if (args.fix) {
      fixed = await fix(findings)
      if (fixed.kind === 'installed') findings = await examine(forTests)
    }
    const ok = isHealthy(findings)
    if (args.json) printJson({ ok, checks: findings, fix: fixed })
    else print(fitted(describe(findings, fixed, stdoutStyle()), stdoutColumns()))
    return ok ? EXIT.ok : EXIT.failed
  },
})

/** In the place of a setting that cannot be read its default is looked at. */
async function examine(forTests: boolean): Promise<Finding[]> {
  const facts = { id: 'settings', title: 'settings' }
  const { config, faults } = readConfig()
  const wrong = faults.map(({ key, got, takes, hint }) => {
    const wayOut = hint === undefined ? '' : ` ${hint.replaceAll(/\s+/g, ' ')}`
    return bad({ ...facts, found: `${key} is ${JSON.stringify(got)}`, hint: `It takes ${takes}.${wayOut}` })
  })
  const hint = 'Correct the name, or remove the variable.'
  const warnings = config.warnings.map((found) => poor({ ...facts, found, hint }))
  return [...wrong, ...warnings, ...(await runChecks(config, { forTests }))]
}

function fitted(text: string, columns: number | undefined): string {
  return columns === undefined ? text : wrapLines(text, columns, 2)
}

function describe(findings: readonly Finding[], fixed: FixResult | null, style: Style): string {
  const width = Math.max(...findings.map(({ title }) => title.length))
  const lines = findings.flatMap(({ title, ok, needed, found, hint }) => {
    const mark = ok
      ? style.good(style.unicode ? '✓' : 'ok')
      : needed
        ? style.bad(style.unicode ? '✗' : 'no')
        : style.warn('!')
    const line = `${mark} ${title.padEnd(width)}  ${printable(found)}`
    return hint === null ? [line] : [line, `  ${' '.repeat(width)}  ${style.dim(printable(hint))}`]
  })
  return [...lines, '', outcome(findings, fixed, style)].join('\n')
}

function outcome(findings: readonly Finding[], fixed: FixResult | null, style: Style): string {
  if (fixed?.kind === 'ask') return `To install what is missing, run:\n  ${style.accent(fixed.command)}`
  if (fixed?.kind === 'failed') return style.bad(printable(fixed.detail))
  if (!isHealthy(findings)) {
    const canInstall = fixed === null && findings.some(({ ok, missing }) => !ok && missing !== null)
    return canInstall
      ? `Something needed is missing. ${style.accent('ffleet doctor --fix')} installs it.`
      : 'Something needed is missing.'
  }
  return findings.every(({ ok }) => ok)
    ? style.good('All is well.')
    : 'ffleet can run; what is marked with ! costs something.'
}
