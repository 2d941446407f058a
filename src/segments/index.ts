export { joinTracks } from './join.js'
export { proveSegment, proveWhole } from './prove.js'
export { readSegment, SegmentInvalid } from './read-segment.js'
