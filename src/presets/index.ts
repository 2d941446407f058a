export { loadPresets, type PresetBook, PresetFaultsError } from './load.js'
export { resolve } from './resolve.js'
export { SHIPPED_PRESETS } from './shipped.js'
