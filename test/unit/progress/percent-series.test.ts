import { describe, expect, it } from 'vitest'
import { PERCENT_SERIES } from './percent-series.js'
import { allReports, recordedReport, replay } from './recorded-reports.js'

const VERSIONS = ['5.1.9', '7.1.5'] as const

describe.each(VERSIONS)('percent of the runs recorded with ffmpeg %s', (version) => {
  it.each(PERCENT_SERIES)('$name', (series) => {
    const estimates = replay(recordedReport(version, series.name), {
      expectedUs: series.seconds === null ? null : series.seconds * 1e6,
      expectedFrames: series.frames,
    })
    expect(estimates.map(({ percent }) => percent)).toEqual(series[version])
  })

  it('covers every recording with a block, but for the cut ones', () => {
    const recorded = allReports().filter(({ path, bytes }) => path.startsWith(version) && bytes.length > 0)
    const names = recorded.map(({ meta }) => meta.name).filter((name) => !name.startsWith('many_streams'))
    expect(PERCENT_SERIES.filter((series) => series[version].length > 0).map(({ name }) => name)).toEqual(names.sort())
  })
})
