/**
 * Makes sure inside of a sandbox that what was bound there is the file that is held open: bwrap binds by path, and whoever
 * may write in the media root could put something else there in the instant before. What is bound stays.
 */
import { fstatSync } from 'node:fs'

/** Paths of the programs that compare. */
export type Comparers = { sh: string; stat: string }

const ANOTHER_FILE = 'ffleet: another file stands at the path of the input'
/** Of no program that is started behind it. */
const EXIT_CODE = 120

const SCRIPT = `
stat=$1; shift
while [ "$1" != -- ]; do
  [ "$("$stat" -Lc %d:%i "$2" 2>/dev/null)" = "$1" ] || { echo '${ANOTHER_FILE}' >&2; exit ${EXIT_CODE}; }
  shift 2
done
shift; exec "$@"`

/** What stands in front of a command: it is not started unless each path leads to its open file. */
export function requireSameFile(
  { sh, stat }: Comparers,
  files: readonly { at: string; descriptor: number }[],
): string[] {
  if (files.length === 0) return []
  const pairs = files.flatMap(({ at, descriptor }) => {
    const { dev, ino } = fstatSync(descriptor, { bigint: true })
    return [`${dev}:${ino}`, at]
  })
  return [sh, '-c', SCRIPT, 'sh', stat, ...pairs, '--']
}

/** The error of a command that was not started for it; null: it was. */
export function anotherFile(end: { exitCode: number | null; logTail: readonly string[] }): string | null {
  return end.exitCode === EXIT_CODE && end.logTail.at(-1) === ANOTHER_FILE ? `ESTALE: ${ANOTHER_FILE}` : null
}
