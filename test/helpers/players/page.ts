/**
 * Runs in a page: a video, and what is seen and heard of it. The film is `flash-and-beep` of the recipes: each second begins with a white
 * picture, which then gets darker from frame to frame, and with a beep.
 */
import { PLAYERS, type Player, type PlayerName } from './players.js'

/** In seconds, by the clock of the video. */
export type Sync = {
  /** How much later than they should, pictures are seen. */
  seen: number[]
  /** How much later beeps are heard, of which the time is known for certain. */
  heard: number[]
  /** Of those, in hertz. */
  pitches: number[]
}

const RATE = 48_000
const FRAMES_A_SECOND = 25
/** What becomes darker from one frame to the next, of 255. */
const SHADE = (8 * 255) / 219

/** Keeps where beeps begin and how high they are, and where the sound that is never silent was. Times are samples, by the clock of the sound. */
const EAR = `registerProcessor('ear', class extends AudioWorkletProcessor {
  beeps = []
  silentUntil = 0
  zeros = 0
  quiet = 0
  last = 0
  constructor() {
    super()
    this.port.onmessage = () => {
      this.port.postMessage({ now: currentFrame, beeps: this.beeps, silentUntil: this.silentUntil })
      this.beeps = []
    }
  }
  process([[samples = new Float32Array(128)]]) {
    for (const [i, sample] of samples.entries()) {
      const at = currentFrame + i
      this.zeros = sample === 0 ? this.zeros + 1 : 0
      if (this.zeros >= 16) this.silentUntil = at
      const isLoud = Math.abs(sample) > 0.2
      if (isLoud && this.quiet > 0.3 * sampleRate) this.beeps.push({ at, ups: 0 })
      this.quiet = isLoud ? 0 : this.quiet + 1
      const beep = this.beeps.at(-1)
      if (beep && at < beep.at + sampleRate / 20 && this.last < 0 && sample >= 0) beep.ups++
      this.last = sample
    }
    return true
  }
})`

type Heard = { now: number; beeps: { at: number; ups: number }[]; silentUntil: number }

export class Screen {
  readonly #video = document.createElement('video')
  readonly #context = new AudioContext({ sampleRate: RATE })
  #player!: Player
  #ear!: AudioWorkletNode
  #seen: number[] = []
  #runs = false
  /** How often it had nothing to play. */
  stalls = 0

  async open(name: PlayerName, url: string, key: string): Promise<void> {
    document.body.append(this.#video)
    for (const event of ['seeking', 'pause', 'ended']) this.#video.addEventListener(event, () => this.#stops())
    this.#video.addEventListener('playing', () => this.#starts())
    this.#video.addEventListener('waiting', () => this.#waits())
    await this.#listen()
    this.#look()
    this.#player = await PLAYERS[name]({ video: this.#video, url, key })
  }

  get player(): Player {
    return this.#player
  }

  get state() {
    const { currentTime, videoHeight, ended, error } = this.#video
    return { currentTime, lines: videoHeight, ended, error: error?.message ?? null, stalls: this.stalls }
  }

  play(): Promise<void> {
    return this.#video.play()
  }

  seek(toS: number): void {
    this.#seen = []
    this.#video.currentTime = toS
  }

  /**
   * What was seen since the last seek and heard since the last measure. The sound is stopped for it: then it is known which sample the
   * clock of the video is at. On a machine that has no time for the sound, that clock stands; what was heard before is not counted.
   */
  async measure(): Promise<Sync> {
    await this.#context.suspend()
    const s = await settled(() => this.#video.currentTime)
    const { now, beeps, silentUntil } = await this.#heard()
    const known = beeps
      .filter(({ at }) => at > silentUntil)
      .map(({ at, ups }) => ({ s: s - (now - at) / RATE, pitch: 20 * ups }))
      // With the first one the sound has only begun.
      .filter(({ s }) => s > 0.5)
    await this.#context.resume()
    return { seen: this.#seen, heard: known.map(({ s }) => late(s)), pitches: known.map(({ pitch }) => pitch) }
  }

  #heard(): Promise<Heard> {
    return new Promise((done) => {
      this.#ear.port.onmessage = ({ data }: MessageEvent<Heard>) => done(data)
      this.#ear.port.postMessage(null)
    })
  }

  #starts() {
    this.#runs = true
  }

  #stops() {
    this.#runs = false
  }

  #waits() {
    const { buffered, currentTime } = this.#video
    const ends = Array.from({ length: buffered.length }, (_, i) => buffered.end(i))
    // With more at hand it is the machine that is too slow to decode it.
    if (this.#runs && !ends.some((end) => end > currentTime + 0.1)) this.stalls++
  }

  async #listen() {
    const script = URL.createObjectURL(new Blob([EAR], { type: 'text/javascript' }))
    await this.#context.audioWorklet.addModule(script)
    this.#ear = new AudioWorkletNode(this.#context, 'ear', { channelCount: 1, channelCountMode: 'explicit' })
    this.#context.createMediaElementSource(this.#video).connect(this.#ear).connect(this.#context.destination)
  }

  #look() {
    const canvas = new OffscreenCanvas(1, 1)
    const brush = canvas.getContext('2d', { willReadFrequently: true })!
    const look = () => {
      // Its picture and its time are of the same frame, however late this is called.
      const frame = new VideoFrame(this.#video)
      brush.drawImage(frame, 0, 0, 1, 1)
      const [light] = brush.getImageData(0, 0, 1, 1).data
      this.#seen.push(late(frame.timestamp / 1e6 - Math.round((255 - light!) / SHADE) / FRAMES_A_SECOND))
      frame.close()
      this.#video.requestVideoFrameCallback(look)
    }
    this.#video.requestVideoFrameCallback(look)
  }
}

/** What the next full second, or the last one, is missed by. */
const late = (s: number) => s - Math.round(s)

async function settled(read: () => number): Promise<number> {
  for (let last = read(); ; ) {
    await new Promise((done) => setTimeout(done, 50))
    const now = read()
    if (now === last) return now
    last = now
  }
}
