export { MalformedError } from './boxes.js'
export { bytesAt, type Fragment, fragmentHead, fragmentsFrom, readTrackHeader, type Sample } from './fragments.js'
export type { TrackHeader } from './header.js'
