/** The jobs that words on a command line mean. */
import { text as readAll } from 'node:stream/consumers'
import type { FfleetClient } from '../../client/index.js'
import { CommandError, UsageError } from '../exit.js'

const WHOLE_ID = /^[0-9A-HJKMNP-TV-Z]{26}$/
const PART_OF_ID = /^[0-9A-HJKMNP-TV-Z]{4,25}$/
/** So many of the newest jobs are looked at for a part of an id. */
const LOOKED_AT = 1_000
const NAMED_AT_MOST = 5

/** For help texts: what stands where a job is named. */
export const JOB_WORDS = 'Id of the job, its beginning or end (4 characters or more), or `last`'
export const JOBS_WORDS = 'Ids of the jobs, their beginnings or ends, `last`, or `-` for ids on stdin'

/** `-` stands for the ids that come on stdin, apart by white space. Gives each word once. */
export async function jobWords(words: readonly string[], stdin: NodeJS.ReadStream = process.stdin): Promise<string[]> {
  const given: string[] = []
  for (const word of words) {
    if (word !== '-') given.push(word)
    else if (stdin.isTTY)
      throw new UsageError(
        '`-` reads ids of jobs from stdin: ffleet ls --state failed --json | jq -r .id | ffleet retry -',
      )
    else given.push(...(await readAll(stdin)).split(/\s+/).filter((line) => line !== ''))
  }
  return [...new Set(given)]
}

/**
 * The id that a word means: an id in any case, `last` for the newest job, or the beginning or end of one id among the
 * running and the newest jobs. What can be none of these is left for the server to refuse.
 *
 * @throws CommandError when no job has such an id, or several have.
 */
export async function jobId(client: FfleetClient, word: string): Promise<string> {
  if (word === 'last') {
    const [newest] = (await client.listPage({ limit: 1 })).items
    if (newest === undefined) throw new CommandError('There is no job yet.', { code: 'NOT_FOUND' })
    return newest.id
  }
  const part = word.toUpperCase()
  if (WHOLE_ID.test(part)) return part
  if (!PART_OF_ID.test(part)) return word
  const found = new Set<string>()
  // Of many that wait the running ones are the oldest, and those that one wants to cancel.
  for (const state of ['active', undefined] as const) {
    let looked = 0
    for await (const { id } of client.list({ state, limit: 200 })) {
      if (id.startsWith(part) || id.endsWith(part)) found.add(id)
      if (++looked >= LOOKED_AT) break
    }
  }
  const fitting = [...found]
  if (fitting.length === 1) return fitting[0]!
  const isThere = `None of the running and of the newest ${LOOKED_AT} jobs has an id that`
  if (fitting.length === 0) throw new CommandError(`${isThere} begins or ends with ${part}.`, { code: 'NOT_FOUND' })
  const more = fitting.length > NAMED_AT_MOST ? ', …' : ''
  const named = fitting.slice(0, NAMED_AT_MOST).join(', ')
  throw new CommandError(
    `${fitting.length} jobs have ids that begin or end with ${part}: ${named}${more}. Give more of it.`,
  )
}
