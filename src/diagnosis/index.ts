export {
  type DiagnosisContext,
  diagnose,
  diagnosisError,
  type Failure,
  type FfmpegDiagnosis,
  isMostlyUndecodable,
} from './diagnose.js'
export { undecodableStream } from './lost-stream.js'
export { redactText } from './redact.js'
