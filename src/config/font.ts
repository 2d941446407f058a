import { type Font, openFont, shippedFont } from '../fonts/index.js'
import { type Config, ConfigError } from './index.js'
import { SETTINGS } from './settings.js'

/** The font that text is drawn with: the operator's, or the one that comes with ffleet. @throws ConfigError for a file that is none. */
export function fontOf({ font: path }: Pick<Config, 'font'>): Font {
  if (path === null) return shippedFont()
  try {
    return openFont(path)
  } catch (error) {
    const takes = `a TrueType or OpenType font that can be read: ${(error as Error).message}`
    throw new ConfigError([{ key: SETTINGS.font.key, got: path, takes }])
  }
}
