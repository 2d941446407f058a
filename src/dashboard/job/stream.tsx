/** Ladders. Their player is a script of 0.7 MB, and comes when somebody wants to see one. */
import type { RefObject } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { JobOutput } from '../../contract/index.js'
import { hrefOf } from '../live/server.js'
import { words } from '../words/texts.js'
import { languageOf } from './probe.js'
import { type Choice as Choosable, openStream, type StreamPlayer } from './stream-player.js'

const ENTRIES = new Map([
  ['application/vnd.apple.mpegurl', 'master.m3u8'],
  ['application/dash+xml', 'manifest.mpd'],
])

/** The file of a ladder that players begin with; null: it is none. */
export const entryOf = (mediaType: string): string | null => ENTRIES.get(mediaType) ?? null

/** The address of a ladder, which may be still encoded; null: it is none, or not there yet. */
export function streamOf({ mediaType, href, playable }: JobOutput): string | null {
  const entry = entryOf(mediaType)
  if (href === null) return playable ? hrefOf(playable.href) : null
  return entry === null ? null : hrefOf(`${href}/${entry}`)
}

type State = { is: 'closed' | 'opening' } | { is: 'open'; player: StreamPlayer } | { is: 'broken'; why: string }

/** A button that plays `source` in the video, to the end also where that becomes another, and then what there is to choose from. */
export function Stream({ video, source }: { video: RefObject<HTMLVideoElement | null>; source: string }) {
  const w = words.value
  const [state, setState] = useState<State>({ is: 'closed' })
  const [, setChanges] = useState(0)
  const close = useRef<(() => void) | null>(null)
  useEffect(() => () => close.current?.(), [])

  async function play() {
    setState({ is: 'opening' })
    const fail = (why: string) => setState({ is: 'broken', why })
    try {
      const player = await openStream(video.current!, source, { changed: () => setChanges((n) => n + 1), fail })
      close.current = player.close
      setState({ is: 'open', player })
      await video.current?.play()
    } catch (error) {
      fail(String(error))
    }
  }

  if (state.is === 'broken') return <p class="notice warn">{w.cannotPlay(state.why)}</p>
  if (state.is !== 'open') {
    return (
      <button type="button" class="main start" disabled={state.is === 'opening'} onClick={play}>
        ▶ {state.is === 'opening' ? w.opening : w.play}
      </button>
    )
  }
  const { rungs, sounds, texts } = state.player.tracks()
  return (
    <div class="choices">
      <Choice name={w.rung} none={w.automatic} choices={rungs} say={({ name }) => name} />
      {sounds.length < 2 ? null : <Choice name={w.sound} choices={sounds} say={({ name }) => languageOf(name)} />}
      {texts.length === 0 ? null : (
        <Choice name={w.subtitles} none={w.noSubtitles} choices={texts} say={({ name }) => languageOf(name)} />
      )}
    </div>
  )
}

/** `none`: what it is called that none is chosen; left out where one always is. */
function Choice(props: { name: string; none?: string; choices: Choosable[]; say(choice: Choosable): string }) {
  const { name, none, choices, say } = props
  const chosen = choices.findIndex(({ isChosen }) => isChosen)
  return (
    <label>
      {name}
      <select
        value={chosen}
        onChange={({ currentTarget }) => {
          const n = Number(currentTarget.value)
          if (n < 0) choices[0]?.choose(false)
          else choices[n]?.choose(true)
        }}
      >
        {none === undefined ? null : <option value={-1}>{none}</option>}
        {choices.map((choice, n) => (
          <option key={n} value={n}>
            {say(choice)}
          </option>
        ))}
      </select>
    </label>
  )
}
