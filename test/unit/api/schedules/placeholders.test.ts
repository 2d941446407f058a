import { describe, expect, it } from 'vitest'
import { fillIn, placeholderFaults, valuesAt } from '../../../../src/api/schedules/placeholders.js'
import type { JobRequest } from '../../../../src/contract/index.js'

const job = (more: Partial<JobRequest>): JobRequest => ({
  input: 'in.mp4',
  outputs: [{ preset: 'h264-360p' }],
  ...more,
})
const NEW_YEAR = Date.parse('2026-12-31T23:05:09Z')

describe('placeholders', () => {
  it('stand for the time of the slot in the zone of the schedule', () => {
    expect(valuesAt(NEW_YEAR, { timeZone: 'UTC', name: 'n' })).toEqual({
      ...{ date: '2026-12-31', time: '23-05-09', schedule: 'n' },
      ...{ year: '2026', month: '12', day: '31', hour: '23', minute: '05' },
    })
    expect(valuesAt(NEW_YEAR, { timeZone: 'Europe/Berlin', name: 'n' })).toMatchObject({
      ...{ date: '2027-01-01', time: '00-05-09', hour: '00' },
    })
    // The second 02:30 of the day on which clocks are set back has the same name as the first.
    const names = ['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z'].map(
      (text) => valuesAt(Date.parse(text), { timeZone: 'Europe/Berlin', name: 'n' }).time,
    )
    expect(names).toEqual(['02-30-00', '02-30-00'])
  })

  it('are filled in where paths and values of tags stand, and nowhere else', () => {
    const values = valuesAt(NEW_YEAR, { timeZone: 'UTC', name: 'night' })
    const given = job({
      input: { uri: 'in/{date}.mov' },
      outputs: [{ preset: 'h264-360p', path: '{schedule}/{year}/{month}/{day}/{{{hour}}}-{minute}.mp4', name: 'x' }],
      tags: { '{date}': '{date} {time}' },
      arguments: { input: ['{date}'], inputs: [{ uri: '{date}.png' }], filter: '{date}' },
    })
    expect(placeholderFaults(given)).toEqual([])
    expect(fillIn(given, values)).toEqual({
      input: { uri: 'in/2026-12-31.mov' },
      outputs: [{ preset: 'h264-360p', path: 'night/2026/12/31/{23}-05.mp4', name: 'x' }],
      tags: { '{date}': '2026-12-31 23-05-09' },
      arguments: { input: ['{date}'], inputs: [{ uri: '2026-12-31.png' }], filter: '{date}' },
    })
  })

  it('that do not exist are named, with the field and what is meant', () => {
    const faults = placeholderFaults(
      job({ input: '{dat}.mp4', outputs: [{ preset: 'p', path: 'a{b.mp4' }], tags: { 'a/b': '{}', c: '{toString}' } }),
    )
    expect(faults).toMatchObject([
      { pointer: '/input', detail: expect.stringContaining('perhaps {date} is meant') },
      { pointer: '/outputs/0/path', detail: expect.stringContaining('write `{{`') },
      { pointer: '/tags/a~1b', detail: expect.stringContaining('there are {date}, {time}') },
      { pointer: '/tags/c' },
    ])
  })
})
