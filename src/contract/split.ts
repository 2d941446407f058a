import { Closed, Enum, type Static, Type } from './schema.js'

/** Whether an output is encoded in parts, each by itself, that are joined without encoding them again. */
export const Split = Type.Union([
  Enum(['auto', 'never'] as const),
  Closed({
    segmentMs: Type.Integer({
      minimum: 1_000,
      maximum: 3_600_000,
      description: 'About how long each part is; it begins with a key frame of the input where there is one near.',
    }),
  }),
])
export type Split = Static<typeof Split>
