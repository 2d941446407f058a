/** Watch folders: what lands in a folder becomes a job by rules. */
export { checkFiles } from './check.js'
export { readRules, requirePresets } from './rules.js'
export { FolderWatch } from './watcher.js'
