import { useSignal } from '@preact/signals'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { Report } from '../../contract/index.js'
import { STALLED_MS } from '../jobs/state.js'
import { isDark } from '../shell/theme.js'
import { bitrate, bytes, mediaTime, number, speed } from '../words/figures.js'
import { language } from '../words/language.js'
import { words } from '../words/texts.js'
import { type Sample, type Stall, samplesOf, stallsOf, withBreaks } from './samples.js'

const FIGURES = ['speed', 'fps', 'bitrate', 'bytes', 'quality'] as const
type Figure = (typeof FIGURES)[number]

const FORMATS: Record<Figure, (value: number | null) => string> = {
  speed,
  fps: (value) => number(value, 1),
  bitrate,
  bytes,
  quality: (value) => number(value, 1),
}

const HEIGHT = 132

/** Figures over the time that passed, or over the media. */
export function Plots({ report, live }: { report: Report | null; live: Sample[] }) {
  const w = words.value
  const overMedia = useSignal(false)
  const told = useMemo(() => (report === null ? [] : samplesOf(report)), [report])
  const samples = useMemo(() => [...told, ...live], [told, live])
  if (samples.length < 2) return null
  const newest = samples.filter(
    ({ attempt, pass }) => attempt === samples.at(-1)!.attempt && pass === samples.at(-1)!.pass,
  )
  // Media time goes once through each pass.
  const shown = overMedia.value ? advancing(newest) : withBreaks(samples)
  const stalls = stallsOf(overMedia.value ? newest : samples, STALLED_MS)
  return (
    <section class="sheet plots">
      <h2>{w.figures}</h2>
      <span class="switch" role="group" aria-label={w.over}>
        {[false, true].map((media) => (
          <button
            type="button"
            key={String(media)}
            aria-pressed={overMedia.value === media}
            onClick={() => {
              overMedia.value = media
            }}
          >
            {media ? w.overMedia : w.overWall}
          </button>
        ))}
      </span>
      <div class="grid">
        {FIGURES.filter((figure) => shown.filter((sample) => sample[figure] !== null).length > 1).map((figure) => (
          <Plot
            key={`${figure}${overMedia.value}`}
            figure={figure}
            samples={shown}
            stalls={stalls}
            overMedia={overMedia.value}
          />
        ))}
      </div>
    </section>
  )
}

/** Those at which media time had gone on. */
function advancing(samples: Sample[]): Sample[] {
  let reached = Number.NEGATIVE_INFINITY
  return samples.filter(({ outTimeUs }) => {
    if (outTimeUs === null || outTimeUs <= reached) return false
    reached = outTimeUs
    return true
  })
}

type Drawn = { samples: Sample[]; stalls: Stall[] }

function Plot({ figure, samples, stalls, overMedia }: Drawn & { figure: Figure; overMedia: boolean }) {
  const w = words.value
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const newest = useRef<Drawn>({ samples, stalls })
  newest.current = { samples, stalls }
  const dark = isDark.value
  const tongue = language.value

  useEffect(() => {
    const element = box.current!
    plot.current = new uPlot(
      optionsOf(figure, overMedia, element, () => newest.current),
      dataOf(figure, overMedia, newest.current.samples),
      element,
    )
    const sized = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }))
    sized.observe(element)
    return () => {
      sized.disconnect()
      plot.current?.destroy()
    }
  }, [figure, overMedia, dark, tongue])

  useEffect(() => {
    const frame = requestAnimationFrame(() => plot.current?.setData(dataOf(figure, overMedia, samples)))
    return () => cancelAnimationFrame(frame)
  }, [samples, figure, overMedia])

  const values = samples.flatMap((sample) => sample[figure] ?? [])
  const format = FORMATS[figure]
  return (
    <figure class="plot">
      <figcaption>
        <strong>{w.plots[figure]}</strong>{' '}
        <span class="quiet">
          {w.range(format(Math.min(...values)), format(Math.max(...values)), format(values.at(-1) ?? null))}
        </span>
      </figcaption>
      <div ref={box} role="img" aria-label={w.plotOf(w.plots[figure])} />
    </figure>
  )
}

function dataOf(figure: Figure, overMedia: boolean, samples: Sample[]): uPlot.AlignedData {
  const x = samples.map(({ atMs, outTimeUs }) => (overMedia ? (outTimeUs ?? 0) / 1e6 : atMs / 1000))
  return [x, samples.map((sample) => sample[figure])]
}

function optionsOf(figure: Figure, overMedia: boolean, box: HTMLElement, drawn: () => Drawn): uPlot.Options {
  const style = getComputedStyle(box)
  const colour = (name: string) => style.getPropertyValue(name).trim()
  const axis = {
    stroke: colour('--quiet'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  }
  const format = FORMATS[figure]
  const wall = (s: number) =>
    new Date(s * 1000).toLocaleTimeString(language.value, {
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
    })
  const media = (s: number) => mediaTime(s * 1e6)
  return {
    width: box.clientWidth,
    height: HEIGHT,
    padding: [8, 8, 0, 0],
    cursor: { sync: { key: overMedia ? 'media' : 'wall' }, points: { size: 6 }, drag: { x: true, y: false } },
    legend: { live: true },
    scales: { x: { time: false }, y: { range: (_plot, _low, high) => [0, (high || 1) * 1.1] } },
    axes: [
      { ...axis, size: 26, space: 90, values: (_plot, splits) => splits.map(overMedia ? media : wall) },
      { ...axis, size: 74, space: 28, values: (_plot, splits) => splits.map((value) => format(value)) },
    ],
    series: [
      {
        label: overMedia ? words.value.overMedia : words.value.overWall,
        value: (_plot, s) => (s == null ? '' : (overMedia ? media : wall)(s)),
      },
      {
        label: words.value.plots[figure],
        stroke: colour('--run'),
        width: 1.5,
        fill: colour('--shade'),
        spanGaps: false,
        points: { show: false },
        value: (_plot, value) => format(value),
      },
    ],
    hooks: { drawClear: [(plot) => shade(plot, drawn(), overMedia, colour('--shade'), colour('--warn'))] },
  }
}

/** A stall has no length in media time. */
const LEAST_PX = 2

/** Every second attempt, and where media time stood still. */
function shade(
  plot: uPlot,
  { samples, stalls }: Drawn,
  overMedia: boolean,
  attemptColour: string,
  stallColour: string,
) {
  const { ctx, bbox } = plot
  const band = (fromS: number, toS: number, colour: string, alpha: number) => {
    const from = Math.max(bbox.left, plot.valToPos(fromS, 'x', true))
    const to = Math.min(bbox.left + bbox.width, Math.max(from + LEAST_PX, plot.valToPos(toS, 'x', true)))
    if (to <= from) return
    ctx.globalAlpha = alpha
    ctx.fillStyle = colour
    ctx.fillRect(from, bbox.top, to - from, bbox.height)
    ctx.globalAlpha = 1
  }
  ctx.save()
  for (const attempt of overMedia ? [] : new Set(samples.map((sample) => sample.attempt))) {
    if (attempt % 2 === 1) continue
    const own = samples.filter((sample) => sample.attempt === attempt)
    band(own[0]!.atMs / 1000, own.at(-1)!.atMs / 1000, attemptColour, 1)
  }
  for (const { fromMs, toMs, outTimeUs } of stalls) {
    if (overMedia) band(outTimeUs / 1e6, outTimeUs / 1e6, stallColour, 0.8)
    else band(fromMs / 1000, toMs / 1000, stallColour, 0.25)
  }
  ctx.restore()
}
