/** Three players behind one interface. They hold about two seconds, so that a change of the rung is soon seen. */
import { MediaPlayer } from 'dashjs'
import Hls from 'hls.js'
import shakaPlayer from 'shaka-player'

/** Its types say that there is a default; there is none. */
const shaka = shakaPlayer as unknown as typeof shakaPlayer.default

export type Player = {
  /** Pixels of the shorter side. */
  toRung(lines: number): void
  /** Of the sounds, as the manifest has them. */
  languages(): string[]
  speak(language: string): void
  /** What it took for an error. */
  readonly errors: string[]
}
export type PlayerName = keyof typeof PLAYERS

const HELD_S = 2

type Opened = { video: HTMLVideoElement; url: string; key: string }

async function hls({ video, url, key }: Opened): Promise<Player> {
  const player = new Hls({
    maxBufferLength: HELD_S,
    maxMaxBufferLength: HELD_S,
    startLevel: 0,
    xhrSetup: (request) => request.setRequestHeader('authorization', `Bearer ${key}`),
  })
  const errors: string[] = []
  player.on(Hls.Events.ERROR, (_, { fatal, details }) => {
    // What it breaks off itself is none.
    if (fatal) errors.push(details)
  })
  player.loadSource(url)
  player.attachMedia(video)
  await new Promise((done) => player.once(Hls.Events.MANIFEST_PARSED, done))
  player.nextLevel = player.levels.length - 1
  return {
    errors,
    toRung: (lines) => {
      player.nextLevel = player.levels.findIndex(({ height }) => height === lines)
    },
    languages: () => player.audioTracks.map(({ lang }) => lang ?? ''),
    speak: (language) => {
      player.audioTrack = player.audioTracks.findIndex(({ lang }) => lang === language)
    },
  }
}

async function shakas({ video, url, key }: Opened): Promise<Player> {
  const player = new shaka.Player()
  const errors: string[] = []
  player.addEventListener('error', (event) => errors.push(JSON.stringify(event)))
  await player.attach(video)
  player.configure({ abr: { enabled: false }, streaming: { bufferingGoal: HELD_S, rebufferingGoal: 0.5 } })
  player.getNetworkingEngine()!.registerRequestFilter((_type, request) => {
    request.headers.authorization = `Bearer ${key}`
  })
  await player.load(url)
  const toRung = (lines: number) => player.selectVideoTrack(player.getVideoTracks().find((t) => t.height === lines)!)
  toRung(Math.max(...player.getVideoTracks().map(({ height }) => height ?? 0)))
  return {
    errors,
    toRung,
    languages: () => player.getAudioTracks().map(({ language }) => language),
    speak: (name) => player.selectAudioTrack(player.getAudioTracks().find(({ language }) => language === name)!),
  }
}

async function dash({ video, url, key }: Opened): Promise<Player> {
  const player = MediaPlayer().create()
  const errors: string[] = []
  player.on('error', (event) => errors.push(JSON.stringify(event)))
  player.initialize()
  player.updateSettings({
    streaming: {
      abr: { autoSwitchBitrate: { video: false }, initialBitrate: { video: 1_000_000 } },
      buffer: { bufferTimeDefault: HELD_S, bufferTimeAtTopQuality: HELD_S, bufferTimeAtTopQualityLongForm: HELD_S },
    },
  })
  player.addRequestInterceptor(async (request) => ({
    ...request,
    headers: { ...request.headers, authorization: `Bearer ${key}` },
  }))
  player.attachView(video)
  player.attachSource(url)
  await new Promise<void>((done) => player.on('streamInitialized', () => done()))
  return {
    errors,
    toRung: (lines) => {
      const { index } = player.getRepresentationsByType('video').find(({ height }) => height === lines)!
      player.setRepresentationForTypeByIndex('video', index)
    },
    languages: () => player.getTracksFor('audio').map(({ lang }) => lang ?? ''),
    speak: (language) => player.setCurrentTrack(player.getTracksFor('audio').find(({ lang }) => lang === language)!),
  }
}

export const PLAYERS = { 'hls.js': hls, 'Shaka Player': shakas, 'dash.js': dash }
