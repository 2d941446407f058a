import { metadataIn } from '../measure.js'
import { type Encoding, joined, LEAST_CRF, mapped, type Target } from './target.js'

const SCORE = 'lavfi.ssim.All'
/** Decoding twice, and comparing. */
const COMPARE_COST = 0.25
/** What is equal has a logarithm, too. */
const EQUAL = 1e-7

/** The highest crf whose pictures are still as like their source as they are to be. */
export function likeness(ssim: number, encoding: Encoding): Target {
  const { codec, crf, maxCrf, inputs, files, rate, options } = encoding
  const lossOf = (score: number) => Math.log(Math.max(EQUAL, 1 - score))
  const excessOf = (score: number) => lossOf(score) - lossOf(ssim)
  return {
    words: `SSIM ${ssim}`,
    // A loss that doubles takes about 8 of 51 steps.
    sought: { from: LEAST_CRF, to: maxCrf, start: Math.round(crf), slope: 4.5 / maxCrf },
    crfAt: (place) => place,
    passes(at, { figures, name }) {
      const file = `${name}.mkv`
      const source = joined(files)
      const from = source.label.startsWith('[') ? source.label : `[${source.label}]`
      const compared = `[${files}:v]${from}ssim,metadata=mode=print:key=${SCORE}:file=${figures}[compared]`
      return [
        { args: [...inputs, ...mapped(files), ...options(at), file], cost: 1 },
        {
          args: [
            ...[...inputs, '-r', rate, '-i', file],
            ...['-filter_complex', [...source.filters, compared].join(';'), '-map', '[compared]', '-f', 'null', '-'],
          ],
          cost: COMPARE_COST,
        },
      ]
    },
    figureIn(text) {
      const scores = metadataIn(text, SCORE).filter(Number.isFinite)
      return scores.length === 0 ? 0 : scores.reduce((sum, score) => sum + score, 0) / scores.length
    },
    excessOf,
    found: (score) => ({ ssim: Number(score.toFixed(5)), expectedBytes: null }),
    warningsOf(at, score) {
      if (excessOf(score) <= 0) return []
      const detail = `An SSIM of ${ssim} was asked for; at the lowest crf of ${codec}, ${at}, that of the samples is ${score.toFixed(5)}.`
      return [{ code: 'QUALITY_NOT_REACHED', detail }]
    },
    crfFor: () => null,
    maxBytes: null,
  }
}
