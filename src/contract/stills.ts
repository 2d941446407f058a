/** Pictures that are taken of a film. */
import { Closed, Enum, Nullable, type Static, Type } from './schema.js'

export const PICTURE_FORMATS = ['jpeg', 'png'] as const
export type PictureFormat = (typeof PICTURE_FORMATS)[number]

const Count = Type.Optional(
  Type.Integer({
    minimum: 1,
    maximum: 400,
    description: 'How many thumbnails, evenly over the film; in the place of `intervalMs`.',
  }),
)
const Times = Type.Optional(
  Type.Boolean({ description: 'Of a contact sheet: whether each still says when it is, hours, minutes and seconds.' }),
)
const Side = (description: string) => Type.Integer({ minimum: 1, maximum: 20, description })
const Width = Type.Integer({
  minimum: 16,
  maximum: 1_024,
  description: 'Of one still, in pixels; of a portrait film its height.',
})

/** How stills are put together: those of a film in sheets with an index, or all of a contact sheet in one picture. */
export const Sprites = Closed({
  intervalMs: Nullable(
    Type.Integer({
      minimum: 100,
      maximum: 600_000,
      description:
        'Time from one thumbnail to the next; a long film has at most 400. Null where `count` says it, and for a contact sheet.',
    }),
  ),
  count: Count,
  columns: Side('Stills in a row.'),
  rows: Side('Rows in a sheet.'),
  width: Width,
  format: Type.Optional(Enum(PICTURE_FORMATS, { description: 'Of sheets in a folder; default jpeg.' })),
  times: Times,
})

export const SpriteOverrides = Closed(
  {
    /** Time from one thumbnail to the next; a long film has at most 400. */
    intervalMs: Type.Optional(
      Type.Integer({
        minimum: 100,
        maximum: 600_000,
        description: 'Time from one thumbnail to the next; a long film has at most 400.',
      }),
    ),
    /** How many thumbnails, evenly over the film; in the place of `intervalMs`. */
    count: Count,
    /** Stills in a row. */
    columns: Type.Optional(Side('Stills in a row.')),
    /** Rows in a sheet. */
    rows: Type.Optional(Side('Rows in a sheet.')),
    /** Of one still, in pixels; of a portrait film its height. */
    width: Type.Optional(Width),
    /** Of a contact sheet: whether each still says when it is, hours, minutes and seconds. */
    times: Times,
  },
  { description: "In the place of the preset's; for a preset that puts stills together." },
)
/** An interface, and beside its fields: so declarations name it, and keep the comments that an editor shows. */
export interface SpriteOverrides extends Static<typeof SpriteOverrides> {}
export const SPRITE_FIELDS = Object.keys(SpriteOverrides.properties) as (keyof SpriteOverrides)[]
