/** What is drawn on the picture of an output. */
import { MAX_MS } from './input.js'
import { Closed, Enum, type Static, Type } from './schema.js'

/** Along the edges, in the corners, or in the middle. */
export const POSITIONS = [
  'top-left',
  'top',
  'top-right',
  'left',
  'center',
  'right',
  'bottom-left',
  'bottom',
  'bottom-right',
] as const
export type Position = (typeof POSITIONS)[number]

/** What a template may name in braces. */
export const TEXT_FIELDS = ['time', 'frame', 'title', 'file', 'name', 'job', 'date'] as const
export type TextField = (typeof TEXT_FIELDS)[number]

const Percent = (minimum: number, maximum: number, description: string) =>
  Type.Optional(Type.Number({ minimum, maximum, description }))
const Opacity = Type.Optional(
  Type.Number({ minimum: 0, maximum: 1, description: 'From 0, not seen, to 1, the default.' }),
)
const Margin = Percent(0, 50, 'Between it and the edges, in percent of the shorter side of the picture; default 3.')
const Start = Type.Optional(
  Type.Integer({
    minimum: 0,
    maximum: MAX_MS,
    description: 'Shown from this time of the output on; default its beginning.',
  }),
)
const End = Type.Optional(
  Type.Integer({ minimum: 1, maximum: MAX_MS, description: 'Shown until this time of the output; default its end.' }),
)
const Colour = (description: string) =>
  Type.Optional(Type.String({ pattern: '^#(?:[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8})$', description }))
const Place = (description: string) => Type.Optional(Enum(POSITIONS, { description }))

export const Watermark = Closed(
  {
    /** A picture (PNG, JPEG, WebP, BMP, TIFF, or the first of a GIF): a path relative to the media root, or `job:<id>/<output>`. */
    uri: Type.String({
      minLength: 1,
      maxLength: 4096,
      description:
        'A picture (PNG, JPEG, WebP, BMP, TIFF, or the first of a GIF): a path relative to the media root, or `job:<id>/<output>`.',
    }),
    /** Default `bottom-right`. */
    position: Place('Default `bottom-right`.'),
    /** Between it and the edges, in percent of the shorter side of the picture; default 3. */
    margin: Margin,
    /** In percent of the picture's width; default 15. Less where it would be higher than the picture. */
    width: Percent(
      1,
      100,
      "In percent of the picture's width; default 15. Less where it would be higher than the picture.",
    ),
    /** From 0, not seen, to 1, the default. */
    opacity: Opacity,
    /** Shown from this time of the output on; default its beginning. */
    startMs: Start,
    /** Shown until this time of the output; default its end. */
    endMs: End,
  },
  { description: 'A picture that is drawn on the finished one, such as a logo.' },
)
export interface Watermark extends Static<typeof Watermark> {}

export const DrawnText = Closed(
  {
    /** With {time}, {frame}, {title}, {file}, {name}, {job} and {date} filled in; `{{` and `}}` are braces. */
    template: Type.String({
      minLength: 1,
      maxLength: 500,
      description:
        'With {time}, {frame}, {title}, {file}, {name}, {job} and {date} filled in; `{{` and `}}` are braces.',
    }),
    /** Default `bottom-left`. */
    position: Place('Default `bottom-left`.'),
    /** Between it and the edges, in percent of the shorter side of the picture; default 3. */
    margin: Margin,
    /** Height of its letters, in percent of the picture's height; default 5. */
    size: Percent(1, 50, "Height of its letters, in percent of the picture's height; default 5."),
    /** As #RRGGBB or #RRGGBBAA; default #FFFFFF. */
    colour: Colour('As #RRGGBB or #RRGGBBAA; default #FFFFFF.'),
    /** Colour of a box behind it, such as #00000099; default none. */
    background: Colour('Colour of a box behind it, such as #00000099; default none.'),
    /** From 0, not seen, to 1, the default. */
    opacity: Opacity,
    /** Shown from this time of the output on; default its beginning. */
    startMs: Start,
    /** Shown until this time of the output; default its end. */
    endMs: End,
  },
  { description: 'Text that is drawn on the finished picture, over a `watermark`.' },
)
export interface DrawnText extends Static<typeof DrawnText> {}

const PIECES = /\{\{|\}\}|\{([^{}]*)\}|[{}]/g

/** The template with what `fill` gives for its fields and `literal` makes of what is between them. */
export function fillTemplate(
  template: string,
  fill: (field: TextField) => string,
  literal: (text: string) => string = (text) => text,
): string {
  let filled = ''
  let at = 0
  for (const piece of template.matchAll(PIECES)) {
    const [whole, name] = piece
    const isField = name !== undefined && isTextField(name)
    const letters = whole === '{{' || whole === '}}' ? whole.slice(1) : whole
    filled += literal(template.slice(at, piece.index)) + (isField ? fill(name) : literal(letters))
    at = piece.index + whole.length
  }
  return filled + literal(template.slice(at))
}

/** Its fields, and what looks like one and is none. */
export function fieldsIn(template: string): { fields: TextField[]; unknown: string[] } {
  const pieces = [...template.matchAll(PIECES)].filter(([piece]) => piece !== '{{' && piece !== '}}')
  const fields = pieces.flatMap(([, name]) => (name !== undefined && isTextField(name) ? [name] : []))
  const unknown = pieces.filter(([, name]) => name === undefined || !isTextField(name)).map(([piece]) => piece)
  return { fields, unknown }
}

function isTextField(name: string): name is TextField {
  return (TEXT_FIELDS as readonly string[]).includes(name)
}
