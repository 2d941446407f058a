export { makesPictures, pictureFormatOf } from './container.js'
export {
  faultLine,
  loadPresets,
  type OwnPreset,
  type PresetBook,
  type PresetFault,
  PresetFaultsError,
  readFolder,
} from './load.js'
export { resolve } from './resolve.js'
export { SHIPPED_PRESETS } from './shipped.js'
