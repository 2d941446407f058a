/** The package's exports: the client, and the words of the contract. Safe to load in a browser. */
export * from './client/index.js'
export {
  ERROR_CODES,
  ERRORS,
  type ErrorCode,
  type ErrorSpec,
  errorSpec,
  FfleetError,
  type FieldError,
} from './contract/errors.js'
export * from './contract/events.js'
export type {
  AttemptReport,
  AudioOverrides,
  CommandRequest,
  Delivery,
  DeliveryLog,
  DeliveryOutcome,
  Diagnosis,
  DryRun,
  DryRunWarning,
  Forecast,
  InputRequest,
  Job,
  JobError,
  JobOutput,
  JobPlan,
  JobPreview,
  JobRequest,
  OutputReport,
  OutputRequest,
  PassReport,
  Preset,
  Probe,
  ProbeStream,
  Problem,
  ProgressSnapshot,
  QueueHistory,
  QueueInfo,
  Report,
  Schedule,
  ScheduleRequest,
  ScheduleRun,
  StreamType,
  TimelineRow,
  VideoOverrides,
  WebhookRequest,
  WebhookSecret,
  WorkerInfo,
} from './contract/index.js'
export type { LogLevel } from './contract/log-line.js'
export { TIMELINE_COLUMNS } from './contract/report.js'
export * from './contract/states.js'
