import { FILE_ATTACKS } from '../../../test/hostile/files/index.js'
import { NAMES, ODD_NAMES } from '../../../test/hostile/names.js'
import { REQUEST_ATTACKS } from '../../../test/hostile/requests/index.js'
import { linkCodes } from './links.js'
import { code, table } from './markdown.js'

/** What the hostile suite tries, and how it ends: counted, and taken from what the tests hold it to. */
export function hostileParts(): Record<string, string> {
  const rows = [
    ...FILE_ATTACKS.map(({ kind, attacks }) =>
      row(
        kind,
        attacks.map(({ ends }) => ends),
      ),
    ),
    row(
      'Names of inputs that are options, addresses, patterns or ways out',
      NAMES.map((each) => each.code),
    ),
    row(
      'Names that are odd and right',
      ODD_NAMES.map(() => 'completed'),
    ),
    ...REQUEST_ATTACKS.map(({ kind, attacks }) =>
      row(
        kind,
        attacks.map(({ answers }) => String(answers.at(-1) ?? 'closed')),
      ),
    ),
  ]
  return { 'hostile-suite': table(['what', 'tried', 'how it ends'], rows) }
}

function row(kind: string, ends: readonly string[]): string[] {
  return [kind, String(ends.length), linkCodes([...new Set(ends)].sort().map(code).join(', '), 'reference/errors.md')]
}
