export { requirePlainFiles } from './plain-files.js'
export { StreamMissing, type VerifiedOutput, type VerifyRequest, verifyOutput } from './verify-output.js'
export { verifyWaveform } from './verify-waveform.js'
export { writeWebVtt } from './webvtt.js'
