/** Shaka Player, which reads HLS and DASH alike. */

export type Choice = {
  name: string
  isChosen: boolean
  /** Takes it; `false`: takes none. */
  choose(is: boolean): void
}

export type StreamPlayer = {
  /** As they are now. The largest rung first; none of them is chosen while the player takes what the network carries. */
  tracks(): { rungs: Choice[]; sounds: Choice[]; texts: Choice[] }
  close(): void
}

type Events = {
  /** What `tracks` says is another by now. */
  changed(): void
  fail(why: string): void
}

/** @throws where it can not be opened. */
export async function openStream(video: HTMLVideoElement, source: string, events: Events): Promise<StreamPlayer> {
  const { default: shaka } = await import('shaka-player/dist/shaka-player.compiled-es2021.js')
  const player = new shaka.Player()
  const close = () => void player.destroy()
  try {
    player.addEventListener('error', (event) => events.fail(String((event as unknown as { detail: unknown }).detail)))
    for (const event of ['trackschanged', 'variantchanged', 'textchanged', 'audiotrackchanged', 'abrstatuschanged'])
      player.addEventListener(event, events.changed)
    await player.attach(video)
    // One that is still encoded is played from its beginning, too.
    await player.load(source, 0)
  } catch (error) {
    close()
    throw error
  }
  const adapt = (enabled: boolean) => player.configure({ abr: { enabled } })
  return {
    tracks: () => ({
      rungs: player
        .getVideoTracks()
        .toSorted((a, b) => b.bandwidth - a.bandwidth)
        .map((track) => ({
          name: `${track.width} × ${track.height}`,
          isChosen: track.active && !player.getConfiguration().abr.enabled,
          choose(is) {
            adapt(!is)
            if (is) player.selectVideoTrack(track, true, 2)
            events.changed()
          },
        })),
      sounds: player.getAudioTracks().map((track) => ({
        name: track.language,
        isChosen: track.active,
        choose: () => player.selectAudioTrack(track),
      })),
      texts: player.getTextTracks().map((track) => ({
        name: track.language,
        isChosen: track.active,
        choose(is) {
          player.selectTextTrack(is ? track : null)
          events.changed()
        },
      })),
    }),
    close,
  }
}
