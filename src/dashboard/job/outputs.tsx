import { useEffect, useRef, useState } from 'preact/hooks'
import type { Job, JobOutput, Report } from '../../contract/index.js'
import { isTerminal } from '../../contract/states.js'
import { client, hrefOf } from '../live/server.js'
import { bytes, mediaTime, number } from '../words/figures.js'
import { words } from '../words/texts.js'
import { ProbeFacts } from './probe.js'
import { readTiles, type Tile } from './tiles.js'

/** What the job delivers: to play, to take along, and how it came out. */
export function Outputs({ job, report }: { job: Job; report: Report | null }) {
  const w = words.value
  const inputBytes = report?.input?.bytes ?? null
  const poster = job.outputs.find(({ mediaType, href }) => mediaType.startsWith('image/') && href !== null)
  const tiles = useTiles(job)
  return (
    <section class="sheet outputs">
      <h2>{w.outputs}</h2>
      <ul>
        {job.outputs.map((output) => (
          <li key={output.name}>
            <div class="output-head">
              <strong>{output.name}</strong>
              <span class="quiet">{output.preset}</span>
              <span class="quiet path">
                <bdi>{output.path}</bdi>
              </span>
              <SizeOf output={output} inputBytes={inputBytes} ended={isTerminal(job.state)} />
              {output.href === null || output.mediaType === 'text/vtt' ? null : (
                <a href={hrefOf(output.href)} download={output.path.split('/').at(-1)}>
                  {w.download}
                </a>
              )}
            </div>
            {output.warnings.map(({ code, detail }) => (
              <p key={code + detail} class="notice warn">
                {detail}
              </p>
            ))}
            {output.href === null ? null : <Play output={output} poster={poster?.href ?? null} tiles={tiles} />}
            <VerifiedOf report={report} name={output.name} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function SizeOf(props: { output: JobOutput; inputBytes: number | null; ended: boolean }) {
  const { output, inputBytes, ended } = props
  const w = words.value
  if (output.bytes === null) return <span class="quiet">{ended ? w.notMade : w.notThereYet}</span>
  const share = inputBytes === null || inputBytes === 0 ? null : (output.bytes / inputBytes) * 100
  return (
    <span class="figure">
      {bytes(output.bytes)}
      {share === null ? '' : ` (${w.ofInput(number(share, share < 10 ? 1 : 0))})`}
      {output.durationMs === null ? '' : ` · ${mediaTime(output.durationMs * 1000)}`}
    </span>
  )
}

function VerifiedOf({ report, name }: { report: Report | null; name: string }) {
  const w = words.value
  const told = report?.outputs.find((output) => output.name === name)
  if (told === undefined) return null
  return (
    <details>
      <summary>
        {w.verified}{' '}
        <span class="quiet">
          {(['duration', 'streams', 'decodes'] as const)
            .map((what) => `${w.checks[what]} ${told.verified[what] === null ? '–' : told.verified[what] ? '✓' : '!'}`)
            .join('  ')}
        </span>
      </summary>
      {told.probe === null ? null : <ProbeFacts probe={told.probe} />}
    </details>
  )
}

/** What a browser can play; the rest is only taken along. */
function Play({ output, poster, tiles }: { output: JobOutput; poster: string | null; tiles: Tile[] | null }) {
  const { mediaType, href } = output
  const video = useRef<HTMLVideoElement>(null)
  const [playedMs, setPlayedMs] = useState(0)
  const [broken, setBroken] = useState(false)
  if (href === null || broken) return null
  const source = hrefOf(href)
  const onError = () => setBroken(true)
  if (mediaType.startsWith('image/'))
    return <img class="media" src={source} alt={output.name} loading="lazy" onError={onError} />
  if (mediaType.startsWith('audio/')) {
    return <audio class="media" controls preload="metadata" src={source} onError={onError} />
  }
  if (mediaType.startsWith('video/')) {
    return (
      <>
        <video
          class="media"
          ref={video}
          controls
          preload="metadata"
          playsInline
          src={source}
          poster={poster === null ? undefined : hrefOf(poster)}
          onError={onError}
          onTimeUpdate={({ currentTarget }) => setPlayedMs(currentTarget.currentTime * 1000)}
        />
        {tiles === null ? null : (
          <Tiles
            tiles={tiles}
            ms={playedMs}
            onSeek={(ms) => {
              setPlayedMs(ms)
              if (video.current !== null) video.current.currentTime = ms / 1000
            }}
          />
        )}
      </>
    )
  }
  return mediaType !== 'text/vtt' || tiles === null ? null : <LoneTiles tiles={tiles} />
}

/** Without a video to seek in. */
function LoneTiles({ tiles }: { tiles: Tile[] }) {
  const [ms, setMs] = useState(0)
  return <Tiles tiles={tiles} ms={ms} onSeek={setMs} />
}

/** A bar to seek on that shows the picture of the place it is at. */
function Tiles({ tiles, ms, onSeek }: { tiles: Tile[]; ms: number; onSeek(ms: number): void }) {
  const w = words.value
  const at = Math.max(
    0,
    tiles.findLastIndex(({ fromMs }) => fromMs <= ms),
  )
  const tile = tiles[at]
  if (tile === undefined) return null
  return (
    <div class="tiles">
      <span
        class="tile"
        role="img"
        aria-label={w.pictureAt(mediaTime(tile.fromMs * 1000))}
        style={{
          width: `${tile.width}px`,
          height: `${tile.height}px`,
          backgroundImage: `url("${tile.href}")`,
          backgroundPosition: `-${tile.x}px -${tile.y}px`,
        }}
      />
      <label>
        {mediaTime(tile.fromMs * 1000)}
        <input
          type="range"
          min={0}
          max={tiles.length - 1}
          value={at}
          aria-label={w.seek}
          aria-valuetext={mediaTime(tile.fromMs * 1000)}
          onInput={(event) => onSeek(tiles[Number(event.currentTarget.value)]!.fromMs)}
        />
      </label>
    </div>
  )
}

function useTiles(job: Job): Tile[] | null {
  const output = job.outputs.find(({ mediaType, href }) => mediaType === 'text/vtt' && href !== null)
  const name = output?.name
  const [tiles, setTiles] = useState<Tile[] | null>(null)
  useEffect(() => {
    if (name === undefined) return
    const stop = new AbortController()
    readTiles(client, job.id, name, stop.signal, hrefOf).then(setTiles, () => setTiles(null))
    return () => stop.abort()
  }, [job.id, name])
  return tiles
}
