import { ok, rejects, strictEqual } from 'node:assert'
import fc from 'fast-check'
import { CURSOR, Cursors } from '../../../src/api/cursors.js'
import { jobIdOf } from '../../../src/api/job-id.js'
import { createWatchTokens } from '../../../src/api/watch/watch-token.js'
import { FfleetError } from '../../../src/contract/index.js'
import { compareIds, isEventId } from '../../../src/queue/index.js'
import type { Target } from '../target.js'
import { anyEdits, anyText, type Edit, edited } from '../values.js'

type Input = { texts: [string, string, string]; id: string; edits: Edit[] }

const ULID = /^[0-9A-HJKMNP-TV-Z]{26}$/
const anEventId = fc.tuple(fc.nat(), fc.option(fc.nat(20))).map(([ms, n]) => (n === null ? `${ms}` : `${ms}-${n}`))
const SAMPLES = ['-', '.', '01M82CWC75EH2YYWGVK577ZGCG', 'A', '_', '0']

/** Ids of events, cursors of lists and tokens of watch links, as strangers send them. */
export const idsAndCursors: Target<Input> = {
  name: 'ids-and-cursors',
  runs: 400,
  async open() {
    const cursors = new Cursors(async () => 'a secret')
    const others = new Cursors(async () => 'another secret')
    const tokens = createWatchTokens('a secret', { now: () => 1_700_000_000_000 })
    return {
      inputs: fc.record({
        texts: fc.tuple(fc.oneof(anEventId, anyText), fc.oneof(anEventId, anyText), fc.oneof(anEventId, anyText)),
        id: fc.stringMatching(ULID),
        edits: anyEdits(SAMPLES),
      }),
      async check({ texts, id, edits }) {
        const ids = texts.filter(isEventId)
        for (const one of ids) for (const other of ids) strictEqual(sign(one, other), 0 - sign(other, one))
        strictEqual(
          ids.toSorted(compareIds).every((each, i, all) => i === 0 || compareIds(all[i - 1]!, each) <= 0),
          true,
        )
        for (const text of texts) {
          try {
            ok(ULID.test(jobIdOf({ id: text })))
          } catch (error) {
            ok(error instanceof FfleetError && error.code === 'NOT_FOUND')
          }
          ok(tokens.verify(id, text) === 'wrong')
        }

        const { nextCursor } = await cursors.sealed({ items: [], nextCursor: id }, undefined)
        ok(new RegExp(CURSOR).test(nextCursor!) && !nextCursor!.includes(id))
        strictEqual(await cursors.opened(nextCursor!), id)
        await rejects(others.opened(nextCursor!), FfleetError)
        const changed = edited(nextCursor!, edits)
        if (changed === nextCursor || !new RegExp(CURSOR).test(changed)) return
        // What is shown may be anything; what is sealed opens to the id, or not at all.
        const opened = await cursors.opened(changed).catch((error) => {
          ok(error instanceof FfleetError && error.code === 'INVALID_REQUEST')
          return null
        })
        ok(opened === null || opened === id || opened === changed)
      },
    }
  },
}

const sign = (a: string, b: string) => Math.sign(compareIds(a, b))
