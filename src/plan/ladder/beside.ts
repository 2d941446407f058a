/** The poster and the thumbnails beside a ladder: of the picture as the rungs have it, cropped, turned and framed alike. */
import type { OutputWarning, Preset } from '../../contract/index.js'
import { PLAIN_VIDEO } from '../../presets/plain-video.js'
import { THUMBNAILS } from '../../presets/shipped.js'
import { type PlanContext, type Recipe, requireMoving } from '../context.js'
import { framingOf } from '../framing.js'
import { planPicture, planSheets } from '../pictures.js'
import { fitWithin } from '../size.js'
import { sheetPattern, spriteLayout, thumbnailBounds } from '../sprites.js'
import type { PlannedOutput } from '../types.js'
import { type LadderLayout, POSTER_NAME } from './layout.js'
import { type Rung, sizedAs } from './rungs.js'

type Video = NonNullable<Preset['video']>
export type Beside = {
  layout: Pick<LadderLayout, 'poster' | 'thumbnails'>
  /** For the pass of the rungs. */
  further: string[][]
  sheetArgs: string[] | null
  poster: Pick<PlannedOutput, 'poster'>
  warnings: OutputWarning[]
  cost: number
}

/** The largest rung with no more is what a poster is as large as: few show more before a film plays. */
const POSTER_LINES = 720

export function planBeside(
  { video, ladder }: Recipe<'video' | 'ladder'>,
  rungs: readonly Rung[],
  path: string,
  context: PlanContext,
): Beside {
  const { crop, fit, rotate, flip, deinterlace } = video
  const shape = { ...(crop && { crop }), ...(fit && { fit }), ...(rotate && { rotate }), ...(flip && { flip }) }
  const still: Video = { ...PLAIN_VIDEO, codec: 'mjpeg', ...shape, ...(deinterlace && { deinterlace }) }
  const poster = ladder.poster ? planPoster(still, rungs, `${path}.${POSTER_NAME}`, context) : null
  const sheets = ladder.thumbnails ? planThumbnails(still, rungs[0]!, path, context) : null
  return {
    layout: { ...(poster && { poster: poster.track }), ...(sheets && { thumbnails: sheets.layout }) },
    further: sheets ? [sheets.args] : [],
    sheetArgs: sheets?.sheetArgs ?? null,
    poster: poster ? { poster: poster.passes } : {},
    warnings: [...(poster?.warnings ?? []), ...(sheets?.warnings ?? [])],
    cost: (poster?.cost ?? 0) + (sheets?.cost ?? 0),
  }
}

function planPoster(still: Video, rungs: readonly Rung[], file: string, context: PlanContext) {
  const rung = rungs.find(({ lines }) => lines <= POSTER_LINES) ?? rungs.at(-1)!
  const { args, frames, spots, expected, warnings, cost } = planPicture({ video: sizedAs(still, rung) }, file, context)
  const passes = { args, frames, ...(spots && { spots }) }
  return { passes, track: { file, name: POSTER_NAME, expected }, warnings, cost }
}

function planThumbnails(still: Video, rung: Rung, path: string, context: PlanContext) {
  const video = requireMoving(context)
  const { crop } = still
  const size = fitWithin(rung, thumbnailBounds(THUMBNAILS.width, rung))
  const framing = framingOf(video.stream, sizedAs(still, size), crop === 'auto' ? undefined : crop)
  const layout = spriteLayout(THUMBNAILS, framing.frame, context.expectedUs([video]))
  const shape = { framing, deinterlace: still.deinterlace }
  return { layout, ...planSheets(layout, `${path}/${sheetPattern('jpeg')}`, { format: 'jpeg', path, context, shape }) }
}
