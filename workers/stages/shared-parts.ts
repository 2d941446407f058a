import { PART_SIGNS } from '../../src/contract/part-signs.js'
import type { ProgressEstimator } from '../../src/progress/index.js'
import type { MadePart, PartOffers } from '../../src/queue/index.js'
import type { AttemptContext } from '../context.js'
import { keptPart, type Part, type PassSaid } from './parts.js'

/** At once on offer: as many as a fleet may begin before it is looked again, and no burden. */
const MOST_OFFERED = 64

/** Parts of one output, between the attempt that needs them all and slots of its kin that have nothing else to do. */
export class SharedParts {
  /** Longest first: the last ones to be made are short, and waited for no longer than that. */
  readonly #byLength: readonly Part[]
  readonly #offers: PartOffers | null
  /** Offered by us, and not known to be made. */
  readonly #offered = new Map<string, Part>()
  /** Made here, or by nobody else: whoever took them up made nothing of them. */
  readonly #own = new Set<Part>()
  #active: ReadonlyMap<string, number> = new Map()
  #looking: Promise<void> | null = null
  /** The one that is made here. */
  #current: Part | null = null

  constructor(
    readonly context: AttemptContext,
    readonly estimator: ProgressEstimator,
    /** In their order. */
    readonly parts: readonly Part[],
    /** Filled as parts are made. */
    readonly made: { paths: Map<Part, string[]>; said: PassSaid[] },
  ) {
    const length = ({ pass }: Part) => pass.part!.times.length
    this.#byLength = [...parts].sort((a, b) => length(b) - length(a))
    this.#offers = context.partOffers
  }

  /** One to be made here; the shortest on offer, where all are. */
  async takeOne(): Promise<Part | 'all made' | 'made elsewhere'> {
    let one = this.#left().find(({ name }) => !this.#offered.has(name)) ?? null
    if (one === null && this.#offered.size > 0) {
      // What others made meanwhile is heard of before it is taken back.
      await this.context.told(this.look())
      one = await this.#takeBack(this.#left().toReversed())
    }
    this.#current = one
    if (one !== null) {
      this.#own.add(one)
      this.#offered.delete(one.name)
    }
    this.#tell()
    return one ?? (this.#left().length === 0 ? 'all made' : 'made elsewhere')
  }

  /** Sees what others made, tells how far all is, and offers what nobody makes. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null
    })
    return this.#looking
  }

  async #look(): Promise<void> {
    if (this.#offers === null) return
    const seen = await this.#offers.look(new Set(this.#offered.keys()))
    this.#active = seen.active
    for (const [name, part] of [...this.#offered]) {
      if (seen.waiting.has(name) || seen.active.has(name)) continue
      const made = seen.made.get(name)
      const paths = await keptPart(this.context, part.pass, name)
      if (paths === null) this.#own.add(part)
      else this.made.paths.set(part, paths)
      if (made) await this.#hear(part, made)
      this.#offered.delete(name)
    }
    for (const part of this.#left()) {
      if (this.#offered.size >= MOST_OFFERED) break
      if (this.#own.has(part) || this.#offered.has(part.name)) continue
      this.#offered.set(part.name, part)
      await this.#offers.offer(this.#offerOf(part))
    }
    this.#tell()
  }

  /** Takes back what nobody has begun. */
  async withdraw(): Promise<void> {
    for (const name of this.#offered.keys()) await this.#offers?.take(name)
  }

  #left(): Part[] {
    return this.#byLength.filter((part) => !this.made.paths.has(part))
  }

  /** The lock of one that is being made may have run out with its worker. */
  async #takeBack(parts: readonly Part[]): Promise<Part | null> {
    for (const part of parts) {
      if (await this.context.told(this.#offers!.take(part.name))) return part
    }
    return null
  }

  #offerOf({ pass, name }: Part) {
    const { jobId, request } = this.context
    return { name, jobId, priority: request.priority, label: pass.plan.label, args: pass.args, ...pass.part! }
  }

  async #hear({ pass, name }: Part, { pass: report, worker, host }: MadePart): Promise<void> {
    await this.#offers!.take(name)
    if (report === null) return
    const { warnings, errors, summary } = report
    const { cpuUserMs, cpuSystemMs, maxRssBytes } = summary
    const usage = { cpuUserMs, cpuSystemMs, maxRssBytes }
    this.made.said.push({ warnings, errors, usage })
    this.context.spend(usage)
    this.context.report.passElsewhere({ ...report, label: pass.plan.label, worker, host })
  }

  #tell(): void {
    const isMade = (part: Part) => this.made.paths.has(part)
    const reached = this.parts.map((part): [number, number] => [
      part.index,
      isMade(part) ? 1 : (this.#active.get(part.name) ?? 0),
    ])
    const isBeingMade = (part: Part) => part === this.#current || this.#active.has(part.name)
    const { open, active, made } = PART_SIGNS
    this.context.parts(this.parts.map((part) => (isMade(part) ? made : isBeingMade(part) ? active : open)).join(''))
    this.context.progress(this.estimator.beside(new Map(reached), 1 + this.#active.size, performance.now()))
  }
}
