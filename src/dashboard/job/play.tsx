/** Outputs as a browser shows them. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Job, JobOutput, Report } from '../../contract/index.js'
import { client, hrefOf } from '../live/server.js'
import { mediaTime } from '../words/figures.js'
import { words } from '../words/texts.js'
import { Stream, streamOf } from './stream.js'
import { readTiles, type Tile } from './tiles.js'

/** What a browser can play; the rest is only taken along. */
export function Play({ output, poster, tiles }: { output: JobOutput; poster: string | null; tiles: Tile[] | null }) {
  const { mediaType, href, playable } = output
  const video = useRef<HTMLVideoElement>(null)
  const [playedMs, setPlayedMs] = useState(0)
  const [broken, setBroken] = useState(false)
  const stream = streamOf(output)
  if ((href === null && stream === null) || broken) return null
  const source = href === null ? undefined : hrefOf(href)
  const onError = () => setBroken(true)
  if (mediaType.startsWith('image/'))
    return <img class="media" src={source} alt={output.name} loading="lazy" onError={onError} />
  if (mediaType.startsWith('audio/')) {
    return <audio class="media" controls preload="metadata" src={source} onError={onError} />
  }
  if (stream !== null || mediaType.startsWith('video/')) {
    return (
      <>
        <div class={stream === null ? 'screen' : 'screen stream'}>
          <video
            class="media"
            ref={video}
            controls
            preload="metadata"
            playsInline
            src={stream === null ? source : undefined}
            poster={poster === null ? undefined : hrefOf(poster)}
            onError={onError}
            onTimeUpdate={({ currentTarget }) => setPlayedMs(currentTarget.currentTime * 1000)}
          />
          {stream === null ? null : <Stream key={playable?.attempt} video={video} source={stream} />}
        </div>
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

/** Of an output of thumbnails, or of those beside a ladder. */
export function useTiles(job: Job, report: Report | null): Tile[] | null {
  const ladder = report?.outputs.find((output) => output.ladder?.thumbnails !== undefined)?.name
  const published = job.outputs.filter(({ href }) => href !== null)
  const output =
    published.find(({ mediaType }) => mediaType === 'text/vtt') ?? published.find(({ name }) => name === ladder)
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
