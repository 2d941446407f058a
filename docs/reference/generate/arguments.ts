import {
  CONTAINERS,
  ENCODERS,
  FILTER_GROUPS,
  OPTION_GROUPS,
  REFUSED_CONTAINERS,
  REFUSED_FILTERS,
  REFUSED_OPTIONS,
} from '../../../src/arguments/index.js'
import { code, table } from './markdown.js'

export function argumentParts(): Record<string, string> {
  const why = (rows: Record<string, string>, dash = '') =>
    table(
      ['refused', 'because'],
      Object.entries(rows).map(([name, reason]) => [code(dash + name), `${reason}.`]),
    )
  return {
    options: OPTION_GROUPS.map(({ title, reason, options }) => {
      const place = options[0]!.places[0] === 'input' ? 'Of an input' : 'Of an output'
      const rows = options.map(({ name, takes }) => [
        code(`-${name}`),
        takes === 'none' ? 'nothing' : takes === 'graph' ? 'a filter graph' : takes.takes,
      ])
      return `### ${title}\n\n${place}. ${reason}\n\n${table(['option', 'takes'], rows)}`
    }).join('\n\n'),
    'refused-options': why(REFUSED_OPTIONS, '-'),
    encoders: [...ENCODERS].map(code).join(', '),
    containers: table(
      ['container', 'extensions'],
      Object.entries(CONTAINERS).map(([name, { extensions }]) => [
        code(name),
        extensions.map(code).join(', ') || 'none',
      ]),
    ),
    'refused-containers': why(REFUSED_CONTAINERS),
    filters: FILTER_GROUPS.map(({ title, reason, filters }) => {
      const rows = filters.map(
        ({ name, options }) => `- ${code(name)}${options.size > 0 ? `: ${[...options].join(' ')}` : ''}`,
      )
      return `### ${title}\n\n${reason}\n\n${rows.join('\n')}`
    }).join('\n\n'),
    'refused-filters': why(REFUSED_FILTERS),
  }
}
