/** What a preset of the operator comes to, before a server uses it: read as a server reads it, planned as a worker plans it. */
import { execFile } from 'node:child_process'
import { mkdtemp, realpath, rm, stat } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { basename, dirname, join, relative, sep } from 'node:path'
import { promisify } from 'node:util'
import type { WorkerContext } from '../../workers/context.js'
import { enclosureFor } from '../../workers/enclosure.js'
import { createHardware } from '../../workers/hardware/index.js'
import { inspectJob } from '../../workers/inspect.js'
import { observers } from '../../workers/observer.js'
import { openWorkerSpool } from '../../workers/spool.js'
import { fontOf } from '../config/font.js'
import { type Config, loadConfig } from '../config/index.js'
import type { Inspection, NormalizedJob, Preset } from '../contract/index.js'
import { findCapabilities } from '../ffmpeg/index.js'
import { createLog } from '../log/index.js'
import { type OwnPreset, type PresetFault, readFolder } from '../presets/index.js'
import { createProber } from '../probe/index.js'
import { openWorkerStorage } from '../storage/index.js'
import { CommandError } from './exit.js'
import { uriOf } from './request/inputs.js'
import { localInput } from './run/local-files.js'

/** One preset, or a file that is none. */
export type Checked = {
  file: string
  /** Null where it can't be used: `faults` says why. */
  preset: Preset | null
  /** What it stands on, the nearest first. */
  extends: string[]
  faults: { pointer: string; line: number | null; column: number | null; detail: string }[]
  /** What it was planned for; null: a clip that was made for it. */
  sample: string | null
} & Pick<Inspection, 'plan' | 'refusal'>

/** Gives what each file comes to. @throws CommandError where there is no such file, or no sample. */
export async function* checkPresets(path: string, sample: string | null, signal: AbortSignal): AsyncGenerator<Checked> {
  const config = loadConfig()
  const { made, faults } = await readOwn(path, config)
  for (const file of new Set(faults.map((fault) => fault.file))) {
    const all = faults.filter((fault) => fault.file === file).map(shownFault)
    yield { file, preset: null, extends: [], faults: all, sample: null, plan: null, refusal: null }
  }
  if (made.length === 0) return
  const folder = await mkdtemp(join(tmpdir(), 'ffleet-preset-'))
  let worker: WorkerContext | null = null
  try {
    const input = sample === null ? await makeClip(config, folder, signal) : await localInput(sample)
    worker = await workerFor(input, folder, config)
    for (const { file, preset, bases } of made) {
      const { plan, refusal } = await inspectJob(worker, jobOf(preset, uriOf(basename(input))), signal)
      yield { file, preset, extends: bases, faults: [], sample, plan, refusal }
    }
  } finally {
    worker?.hardware.close()
    await worker?.prober.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Of a file, what a server would make of it among the others of its folder; of a folder, of all in it. */
async function readOwn(path: string, { presetsDir }: Config): Promise<{ made: OwnPreset[]; faults: PresetFault[] }> {
  const real = await realpath(path).catch(() => {
    throw new CommandError(`There is no ${path}.`)
  })
  if ((await stat(real)).isDirectory()) return oneAtLeast(await readFolder(real), path)
  const root = presetsDir === null ? null : await realpath(presetsDir).catch(() => null)
  const isInRoot = root !== null && real.startsWith(root + sep)
  // Tenants have folders in the folder of a server; what lies beside another file is nobody's.
  const folder = isInRoot ? root : dirname(real)
  const { made, faults } = await readFolder(folder, { tenants: isInRoot })
  const isMeant = ({ file }: { file: string }) => file === relative(folder, real)
  return oneAtLeast({ made: made.filter(isMeant), faults: faults.filter(isMeant) }, path)
}

function oneAtLeast<T extends { made: unknown[]; faults: unknown[] }>(read: T, path: string): T {
  if (read.made.length + read.faults.length > 0) return read
  throw new CommandError(`${path} holds no preset: presets are files that end in .json, .yaml or .yml.`)
}

const shownFault = ({ pointer, detail, place }: PresetFault): Checked['faults'][number] => ({
  pointer,
  line: place?.line ?? null,
  column: place?.column ?? null,
  detail,
})

/** With encoders that every ffmpeg has. */
const CLIP = [
  ...['-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=25:duration=2'],
  ...['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000:duration=2'],
  ...['-c:v', 'mpeg4', '-c:a', 'aac', '-ac', '2'],
]

async function makeClip({ ffmpeg }: Config, folder: string, signal: AbortSignal): Promise<string> {
  const clip = join(folder, 'clip.mp4')
  try {
    await promisify(execFile)(ffmpeg, ['-v', 'error', '-nostdin', ...CLIP, clip], { signal })
  } catch (error) {
    signal.throwIfAborted()
    throw new CommandError('ffmpeg makes no clip to plan for; name a file with --sample.', { cause: error })
  }
  return clip
}

/** What plans as a worker of the fleet would, without a fleet. */
async function workerFor(input: string, folder: string, own: Config): Promise<WorkerContext> {
  // Whatever keeps the files of the fleet, here they are looked at on this machine.
  const here: Config = { ...own, store: 'folders' }
  const config: Config = { ...here, mediaRoot: dirname(input), outputRoot: folder, dataDir: folder }
  const found = await findCapabilities({ ffmpeg: config.ffmpeg, ffprobe: config.ffprobe })
  const { enclosure } = await enclosureFor(config, found)
  const capabilities = { ...found, enclosure }
  const log = createLog({ logLevel: config.logLevel, part: 'preset' })
  const [sample, media] = [openWorkerStorage(config), openWorkerStorage(here)]
  // The sample lies anywhere, a watermark in the media root.
  const open = (uri: string) => (uri === uriOf(basename(input)) ? sample : media).inputs!.open!(uri)
  return {
    ...{ workerId: 'check', host: hostname(), rootIds: { outputs: null, data: null, reports: null } },
    ...{ config, capabilities, observer: observers([]), workerHooks: {}, partOffers: null },
    prober: createProber({ capabilities, limits: config }),
    storage: { ...sample, inputs: { ...sample.inputs!, open } },
    ...openWorkerSpool(config),
    font: fontOf(config),
    hardware: await createHardware({ config, capabilities, log, onFree() {} }),
    log,
  }
}

function jobOf(recipe: Preset, uri: string): NormalizedJob {
  const { name } = recipe
  return {
    input: { uri, startMs: null, endMs: null, expectedDurationMs: null },
    inputBytes: null,
    outputs: [{ name, preset: name, recipe, path: null, onExists: 'fail' }],
    ...{ priority: 50, maxAttempts: 1, timeoutMs: null, delayMs: 0, tags: {}, webhook: null },
  }
}
