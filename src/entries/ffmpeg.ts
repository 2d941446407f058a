/** `ffleet/ffmpeg`: all rooms from the probe to the diagnosis, for programs that run ffmpeg without a queue. */
export {
  type DiagnosisContext,
  diagnose,
  diagnosisError,
  type Failure,
  type FfmpegDiagnosis,
  redactText,
} from '../diagnosis/index.js'
export {
  BARE,
  type Capabilities,
  type CapabilityOptions,
  type Enclosure,
  type FfmpegResult,
  type FfmpegRun,
  findCapabilities,
  globalOptions,
  type LogFileResult,
  type LogLevel,
  type LogLine,
  parseLogLine,
  type RunOptions,
  runFfmpeg,
  STATS_PERIOD_MS,
  type Usage,
  type View,
} from '../ffmpeg/index.js'
export {
  type ExpectedOutput,
  type GroupOutput,
  KNOWN_ENCODERS,
  type Pass,
  type PassGroup,
  type PlanInput,
  planEncode,
} from '../plan/index.js'
export { createProber, type ProbeLimits, type Prober } from '../probe/index.js'
export { findExecutable } from '../programs.js'
export { type Made, type VerifyRequest, verifyMade, verifyOutput, writeWebVtt } from '../verify/index.js'
