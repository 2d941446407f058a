/** Reads ffmpeg's `-progress` reports and derives progress from them. Pure: no I/O, no timers, the clock is passed in. */
export type { InputPlace } from './bytes-through.js'
export { type Estimate, ProgressEstimator } from './estimator.js'
export { parseReport } from './parse-report.js'
export type { PassPlan } from './pass-plan.js'
export type { ReportBlock } from './report-block.js'
export { ReportParser, type ReportParserOptions } from './report-parser.js'
export { Throttle } from './throttle.js'
export { Timeline, timelineRow } from './timeline.js'
