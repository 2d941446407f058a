/** Plans, runs and verifies outputs of presets, as a worker does; without Vitest, so that whatever runs can use it. */
import { createSecretKey } from 'node:crypto'
import { copyFile, mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ClipName, makeClip } from '../../fixtures/media/recipes.js'
import type { Preset, Probe } from '../../src/contract/index.js'
import { type Capabilities, findCapabilities } from '../../src/ffmpeg/capabilities.js'
import { runFfmpeg } from '../../src/ffmpeg/run.js'
import { shippedFont } from '../../src/fonts/index.js'
import {
  imageArguments,
  isNeedless,
  needsEveryStream,
  type PassGroup,
  type PlanInput,
  type PresetOutput,
  partFile,
  planEncode,
  readFigures,
} from '../../src/plan/index.js'
import { SHIPPED_PRESETS } from '../../src/presets/index.js'
import type { Prober } from '../../src/probe/index.js'
import { joinTracks, proveSegment, readSegment } from '../../src/segments/index.js'
import { type Made, verifyMade } from '../../src/verify/index.js'

/** The ffmpeg to test with: the one in PATH, or those that `FFLEET_FFMPEG` and `FFLEET_FFPROBE` name. */
export const testCapabilities = (): Promise<Capabilities> =>
  findCapabilities({ ffmpeg: process.env.FFLEET_FFMPEG, ffprobe: process.env.FFLEET_FFPROBE })

/** A shipped recipe as an output of that name; slow encoders are told to hurry. */
export function anOutput(name: string, change: (recipe: Preset) => void = () => {}): PresetOutput {
  const recipe = structuredClone(SHIPPED_PRESETS.find((preset) => preset.name === name)!)
  if (recipe.video?.codec === 'h264' || recipe.video?.codec === 'hevc') recipe.video.speed = 'ultrafast'
  if (recipe.video?.codec === 'vp9') recipe.video.speed = '8'
  if (recipe.video?.codec === 'av1') recipe.video.speed = '12'
  change(recipe)
  return { name, preset: name, recipe, path: null, onExists: 'fail' }
}

/** Whatever stands at the URL of a key. */
const KEY = createSecretKey(Buffer.alloc(16, 7))

export type Encoded = Omit<Made, 'probe'> & {
  /** Not looked at of what is no media. */
  probe: Probe
  bytes: number
  path: string
  frames: number | null
  dupFrames: number | null
}

export type EncodeWith = { capabilities: Capabilities; prober: Prober }
export type EncodedAll = { outputs: Record<string, Encoded>; groups: PassGroup[]; probe: Probe }

/** In the folder, which is the caller's to remove. By output name. */
export async function encodeInto(
  cwd: string,
  input: ClipName | { path: string },
  wanted: readonly (string | PresetOutput)[],
  { capabilities, prober }: EncodeWith,
  more: Partial<PlanInput> = {},
): Promise<EncodedAll> {
  const inputPath = typeof input === 'string' ? await makeClip(input) : input.path
  const cuts = { startMs: null, endMs: null, expectedDurationMs: null, ...more }
  const outputs = wanted.map((output) => (typeof output === 'string' ? anOutput(output) : output))
  const probed = await prober.probe(inputPath, {
    everyStream: outputs.some(({ recipe }) => needsEveryStream(recipe)),
  })
  const tracks = (cuts.beside ?? []).map(({ stream }) => stream)
  const probe = { ...probed, streams: [...probed.streams, ...tracks] }
  const groups = planEncode({ inputPath, probe, outputs, capabilities, ...cuts })
  const made: Record<string, Encoded> = {}
  const file = cuts.clips ? null : { path: inputPath, probe, ...cuts }
  await drawInto(cwd, groups, more.images, capabilities)
  for (const group of groups) Object.assign(made, await run(group, cwd, file, { capabilities, prober }))
  return { outputs: made, groups, probe }
}

/** What a worker brings into the folder. Uris of watermarks are paths here. */
async function drawInto(
  cwd: string,
  groups: readonly PassGroup[],
  images: PlanInput['images'],
  capabilities: Capabilities,
): Promise<void> {
  for (const { drawn } of groups.flatMap((group) => group.outputs)) {
    if (drawn?.text) {
      await writeFile(join(cwd, drawn.text.file), drawn.text.text)
      await copyFile(shippedFont().path, join(cwd, drawn.text.font))
    }
    if (drawn?.image) {
      const file = { inputPath: drawn.image.uri, probe: images!.get(drawn.image.uri)! }
      const args = imageArguments(file, {}, drawn.image.file)
      const statsPeriodMs = capabilities.statsPeriod ? 500 : null
      const { ok, logTail } = await runFfmpeg(args, { ffmpeg: capabilities.ffmpeg, cwd, statsPeriodMs }).result
      if (!ok) throw new Error(logTail.join('\n'))
    }
  }
}

async function run(
  { outputs, passes, joins, texts = [] }: PassGroup,
  cwd: string,
  input: { path: string; probe: Probe; startMs: number | null; endMs: number | null } | null,
  { capabilities, prober }: EncodeWith,
): Promise<Record<string, Encoded>> {
  for (const { relativePath, text } of texts) await writeFile(join(cwd, relativePath), text)
  for (const output of outputs) if (output.isFolder) await mkdir(join(cwd, output.relativePath))
  const logLines: string[] = []
  let frames: number | null = null
  let dupFrames: number | null = null
  const parts: string[][] = []
  let isJoined = false
  async function joinMade(): Promise<void> {
    if (parts.length === 0 || isJoined) return
    isJoined = true
    const { into, isStream } = joins!
    const files = into.map((file) => join(cwd, file))
    await joinTracks(parts, files, { isStream })
  }
  for (const pass of passes) {
    if (await isNeedless(pass, cwd)) continue
    if (!pass.part) await joinMade()
    const { args, argsIfEmpty, plan } = await readFigures(pass, cwd)
    const statsPeriodMs = capabilities.statsPeriod ? 500 : null
    const options = { ffmpeg: capabilities.ffmpeg, cwd, plan, statsPeriodMs }
    let result = await runFfmpeg(args, options).result
    if (result.lastBlock?.frame === 0 && argsIfEmpty) result = await runFfmpeg(argsIfEmpty, options).result
    if (!result.ok) throw new Error(`ffmpeg ended with ${result.exitCode}:\n${result.logTail.join('\n')}`)
    if (pass.part) {
      const made = Array.from({ length: pass.part.tracks }, (_, n) => join(cwd, partFile(n)))
      const kept = made.map((path) => `${path}.${parts.length}`)
      for (const [n, path] of made.entries()) {
        proveSegment(await readSegment(path), pass.part)
        await rename(path, kept[n]!)
      }
      parts.push(kept)
    }
    logLines.push(...result.warnings, ...result.errors)
    frames = result.lastBlock?.frame ?? null
    dupFrames = result.lastBlock?.dupFrames ?? null
    if (frames === 0) break
  }
  await joinMade()
  const made: Record<string, Encoded> = {}
  for (const output of outputs) {
    const { name, relativePath, isFolder, expected, burnsSubtitles = false } = output
    const path = join(cwd, relativePath)
    const request = { path, folder: cwd, isFolder, expected, prober, input, capabilities, logLines, burnsSubtitles }
    const verified = await verifyMade(output, { ...request, ...(output.ladder?.keyUri !== undefined && { key: KEY }) })
    made[name] = { bytes: 0, ...verified, probe: verified.probe!, path, frames, dupFrames }
  }
  return made
}
