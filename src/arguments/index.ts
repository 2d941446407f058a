/** ffmpeg's arguments, as far as they may come from somebody else. Pure: reads no file, starts nothing. */
export { type Option, readGraph, readOptions } from './check.js'
export { CONTAINERS, ENCODERS, mediaTypeOf, REFUSED_CONTAINERS } from './codecs.js'
export {
  type Command,
  type CommandFault,
  type CommandOutput,
  isEndlessSource,
  isShownForEver,
  lastOf,
  readCommand,
  writeOption,
} from './command.js'
export { FILTER_GROUPS, filterRule, REFUSED_FILTERS } from './filters/index.js'
export { type Filter, type Graph, parseGraph, writeGraph } from './graph.js'
export { OPTION_GROUPS, REFUSED_OPTIONS } from './options.js'
