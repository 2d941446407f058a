export { requirePlainFiles } from './plain-files.js'
export { type Made, verifyMade } from './verify-made.js'
export { StreamMissing, type VerifyRequest, verifyOutput } from './verify-output.js'
export { writeWebVtt } from './webvtt.js'
