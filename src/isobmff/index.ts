export { MalformedError } from './boxes.js'
export { fragmentHead, readFragments, readTrackHeader, type Sample } from './fragments.js'
export type { TrackHeader } from './header.js'
