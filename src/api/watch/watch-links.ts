import type { Revocations } from '../../queue/index.js'
import { createWatchTokens, type TokenVerdict, type WatchTokens } from './watch-token.js'

/** Links that another API revoked are known here after this time; whether one may be followed is always asked of Redis. */
const LOOK_EVERY_MS = 1_000

/** The tokens of `links.watch`, and which of them were revoked. */
export class WatchLinks {
  readonly #secret: () => Promise<string>
  readonly #revocations: Revocations
  readonly #lifeMs: number | undefined
  readonly #onRevoked: (jobIds: ReadonlySet<string>) => void
  readonly #timer: NodeJS.Timeout
  #tokens: WatchTokens | null = null
  #mark = ''
  #revoked = new Map<string, number>()

  /** `onRevoked` is told once of each job whose links were revoked, here or elsewhere; `secret` is asked when it is first needed. */
  constructor(options: {
    secret: () => Promise<string>
    revocations: Revocations
    lifeMs: number | undefined
    onRevoked: (jobIds: ReadonlySet<string>) => void
  }) {
    this.#secret = options.secret
    this.#revocations = options.revocations
    this.#lifeMs = options.lifeMs
    this.#onRevoked = options.onRevoked
    this.#timer = setInterval(() => {
      if (this.#tokens !== null) this.look().catch(() => {}) // Redis is away; the next look finds it.
    }, LOOK_EVERY_MS).unref()
  }

  /** Resolves when links can be signed. Rejects while Redis is away and nothing is known yet. */
  async ready(): Promise<void> {
    if (this.#tokens !== null) return
    const secret = await this.#secret()
    await this.look()
    this.#tokens = createWatchTokens(secret, this.#lifeMs === undefined ? {} : { lifeMs: this.#lifeMs })
  }

  /** A token for a job; null before `ready`. */
  sign(jobId: string): string | null {
    return this.#tokens?.sign(jobId, this.#revoked.get(jobId)) ?? null
  }

  async verify(jobId: string, token: string): Promise<TokenVerdict> {
    await this.ready()
    return this.#tokens!.verify(jobId, token, await this.#revocations.of(jobId))
  }

  /** Learns now what was revoked. */
  async look(): Promise<void> {
    const news = await this.#revocations.since(this.#mark)
    if (news === null) return
    const before = this.#revoked
    this.#mark = news.mark
    this.#revoked = news.revoked
    this.#onRevoked(new Set([...news.revoked.keys()].filter((id) => news.revoked.get(id) !== before.get(id))))
  }

  close(): void {
    clearInterval(this.#timer)
  }
}
