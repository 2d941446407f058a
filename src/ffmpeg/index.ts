export { findExecutable } from '../programs.js'
export {
  type ExpectedOutput,
  type GroupOutput,
  KNOWN_ENCODERS,
  type Pass,
  type PassGroup,
  type PlanInput,
  planEncode,
} from './arguments/index.js'
export { type Capabilities, type CapabilityOptions, findCapabilities } from './capabilities.js'
export { type DiagnosisContext, diagnose, diagnosisError, type Failure, type FfmpegDiagnosis } from './diagnose.js'
export { globalOptions, STATS_PERIOD_MS } from './global-options.js'
export type { LogFileResult } from './log-file.js'
export { type LogLevel, type LogLine, parseLogLine } from './log-lines.js'
export { createProber, type ProbeLimits, type Prober } from './probe/index.js'
export { redactText } from './redact.js'
export { runFfmpeg } from './run.js'
export type { FfmpegResult, FfmpegRun, RunOptions } from './run-types.js'
export type { Usage } from './usage.js'
export { type VerifyRequest, verifyOutput } from './verify.js'
export { writeWebVtt } from './webvtt.js'
