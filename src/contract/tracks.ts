import { Closed, Enum, type Static, Type } from './schema.js'

/** As files name it, by two or three letters: `eng`, `en`, `ger` and `deu` mean what they mean; `und` is a track without one. */
const Language = Type.String({ pattern: '^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$', maxLength: 35 })
const Languages = Type.Array(Language, { minItems: 1, maxItems: 32 })
const Index = Type.Integer({ minimum: 0, maximum: 1_000 })
/** Numbers of streams in the input, counted from 0 over all of them, as a probe shows them. */
const ByIndex = Closed({ index: Type.Union([Index, Type.Array(Index, { minItems: 1, maxItems: 32 })]) })

/** One track of subtitles that becomes part of the picture. */
const Burnt = Closed({
  /** Which track is drawn into the picture: by language, such as `"eng"`, or `{"index": 3}`. */
  burn: Type.Union([Language, Closed({ index: Index })], {
    description: 'Which track is drawn into the picture: by language, such as `"eng"`, or `{"index": 3}`.',
  }),
})

/** What of the input's tracks an output carries. */
export const Tracks = Closed(
  {
    /** `first`: the one marked as default, else the first; `all`; those of some languages, such as `["eng", "jpn"]`; or `{"index": 2}`. */
    audio: Type.Optional(
      Type.Union([Enum(['first', 'all'] as const), Languages, ByIndex], {
        description:
          '`first`: the one marked as default, else the first; `all`; those of some languages, such as `["eng", "jpn"]`; or `{"index": 2}`.',
      }),
    ),
    /** `keep` all that the container holds, `none`, those of some languages, or by index; text is converted where the container has a form of its own. `burn` draws the main one into the picture, `{"burn": "eng"}` or `{"burn": {"index": 3}}` that one. */
    subtitles: Type.Optional(
      Type.Union([Enum(['keep', 'burn', 'none'] as const), Languages, ByIndex, Burnt], {
        description:
          '`keep` all that the container holds, `none`, those of some languages, or by index; text is converted where the container has a form of its own. `burn` draws the main one into the picture, `{"burn": "eng"}` or `{"burn": {"index": 3}}` that one.',
      }),
    ),
    /** `keep` or `none`; `inputs`: of inputs that are joined one for each, of a single one its own. */
    chapters: Type.Optional(
      Enum(['keep', 'none', 'inputs'] as const, {
        description: '`keep` or `none`; `inputs`: of inputs that are joined one for each, of a single one its own.',
      }),
    ),
    /** Fonts and other files in an MKV, which an MKV alone holds: `keep` or `none`. */
    attachments: Type.Optional(
      Enum(['keep', 'none'] as const, {
        description: 'Fonts and other files in an MKV, which an MKV alone holds: `keep` or `none`.',
      }),
    ),
    /** Title, artist and such of the whole file: `keep` or `none`. */
    metadata: Type.Optional(
      Enum(['keep', 'none'] as const, {
        description: 'Title, artist and such of the whole file: `keep` or `none`.',
      }),
    ),
  },
  {
    description:
      "What of the input's tracks the output carries. A film that is encoded has the first audio track and the metadata unless this says otherwise; a copy has all that its container holds, a ladder all sounds and subtitles of text.",
  },
)
/** By name, so that declarations keep the comments of its fields. */
export interface Tracks extends Static<typeof Tracks> {}

/** Whether subtitles become part of the picture. */
export function burnsSubtitles({ tracks }: { tracks?: Tracks }): boolean {
  const choice = tracks?.subtitles
  return choice === 'burn' || (typeof choice === 'object' && 'burn' in choice)
}
