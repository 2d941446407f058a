/** How good or how large a film is to become, where that is asked for in the place of a setting of its encoder. */
import { Closed, Nullable, type Static, Type } from './schema.js'

/** Below it, nobody knows the film again; above it, a step of an encoder is too wide. */
export const SSIM_TARGETS = { minimum: 0.5, maximum: 0.999 }
export const SIZE_TARGETS = { minimum: 10_000, maximum: 1_000_000_000_000 }

/** One of its fields. */
export const QualityTarget = Closed({
  /** How like the source samples of the film are to be, 1 being equal: SSIM over all planes and frames, by ffmpeg's filter. */
  ssim: Type.Optional(
    Type.Number({
      ...SSIM_TARGETS,
      description:
        "How like the source samples of the film are to be, 1 being equal: SSIM over all planes and frames, by ffmpeg's filter.",
    }),
  ),
  /** How many bytes the whole output may have, sound and all: as good as fits. */
  maxBytes: Type.Optional(
    Type.Integer({
      ...SIZE_TARGETS,
      description: 'How many bytes the whole output may have, sound and all: as good as fits.',
    }),
  ),
})
/** By name, so that declarations keep the comments of its fields. */
export interface QualityTarget extends Static<typeof QualityTarget> {}

export const Quality = Closed(
  {
    /** What the crf is found for, by encoding samples of the film: `{"ssim": 0.98}` or `{"maxBytes": 25000000}`. */
    target: Type.Unsafe<QualityTarget>({
      ...QualityTarget,
      description:
        'What the crf is found for, by encoding samples of the film: `{"ssim": 0.98}` or `{"maxBytes": 25000000}`.',
    }),
  },
  { description: 'In the place of a `crf`: what that is to achieve. For a preset of a film that has a crf.' },
)
/** By name, so that declarations keep the comments of its fields. */
export interface Quality extends Static<typeof Quality> {}

/** What came of the search. */
export const FoundQuality = Closed({
  crf: Type.Integer({ description: 'What the output was encoded with.' }),
  ssim: Nullable(Type.Number({ description: 'Of the samples at that crf; null where a size was asked for.' })),
  expectedBytes: Nullable(
    Type.Integer({
      description:
        'What the samples let expect of the whole; null where a likeness was asked for, or that turned out to be too little.',
    }),
  ),
  tries: Type.Integer({ description: 'How many settings were tried on the samples.' }),
  ms: Type.Integer({ description: 'How long the search took.' }),
})
export type FoundQuality = Static<typeof FoundQuality>
