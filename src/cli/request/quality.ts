/** What an output is to achieve, as options. */
import { type Quality, SIZE_TARGETS, SSIM_TARGETS } from '../../contract/quality.js'
import { UsageError } from '../exit.js'

export type QualityChoice = { quality?: Quality }

/** For the arguments of a command. */
export const QUALITY_OPTIONS = {
  'quality-ssim': {
    type: 'string',
    valueHint: 'N',
    description: `Find the crf with which a film is as like its source, ${SSIM_TARGETS.minimum} to ${SSIM_TARGETS.maximum}; 1 would be equal`,
  },
  'max-size': {
    type: 'string',
    valueHint: 'BYTES',
    description: 'Find the crf with which a film has not more bytes, such as 25M; also k and G',
  },
} as const

export function isQualityOption(name: string): name is keyof typeof QUALITY_OPTIONS {
  return name in QUALITY_OPTIONS
}

/** @throws UsageError that names the option where the text is no value of it. */
export function qualityOf(name: keyof typeof QUALITY_OPTIONS, text: string): QualityChoice {
  if (name === 'max-size') return { quality: { target: { maxBytes: bytesOf(text) } } }
  const ssim = /^\d(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN
  if (ssim >= SSIM_TARGETS.minimum && ssim <= SSIM_TARGETS.maximum) return { quality: { target: { ssim } } }
  throw new UsageError(
    `--${name} takes a number from ${SSIM_TARGETS.minimum} to ${SSIM_TARGETS.maximum}, such as 0.98, not "${text}".`,
  )
}

/** Thousands, millions and milliards, as files are sold and limits are meant at the least. */
function bytesOf(text: string): number {
  const [, count, unit = ''] = /^(\d{1,13}(?:\.\d{1,6})?)([kKmMgG]?)$/.exec(text) ?? []
  const bytes = Math.floor(Number(count) * { '': 1, k: 1e3, m: 1e6, g: 1e9 }[unit.toLowerCase() as '']! + 1e-6)
  if (bytes >= SIZE_TARGETS.minimum && bytes <= SIZE_TARGETS.maximum) return bytes
  throw new UsageError(
    `--max-size takes bytes, such as 800k, 25M or 1.5G, from ${SIZE_TARGETS.minimum} on, not "${text}".`,
  )
}
