/** The seam between an input that lies elsewhere and the spool that fetches it: a store of another kind implements this and nothing else. */

/** What a store tells of a file when it is opened. */
export type RemoteFacts = {
  /** Null: it does not tell before the end. */
  bytes: number | null
  /** Tells this content from any other that was or will be under the same URI; null: nothing does, so it cannot be resumed. */
  validator: string | null
  /** For the report, as the store says them. */
  etag: string | null
  lastModified: string | null
}

/** Bytes from `from` on up to before `to`; null: to the end. */
export type RemoteRange = { from: number; to: number | null }

export type RemoteBody = RemoteRange & {
  facts: RemoteFacts
  /** To be read once. Throws `RemoteFault` where it breaks; it may end early without that. */
  chunks: AsyncIterable<Uint8Array>
  /** No more of it is wanted. */
  close(): void
}

/** Where inputs of one kind lie. */
export type RemoteStore = {
  /**
   * What the API may ask without fetching: how it is written, and whether it may be reached at all.
   *
   * @throws FfleetError INVALID_REQUEST, URL_NOT_PUBLIC.
   */
  check(uri: string): Promise<void>
  /**
   * Opens a part of the file, if it still is the one that `known` is the validator of. What cannot be given in parts, or is another one by now, comes as a whole: `from`
   * of the answer is 0 then, and its facts tell which it is. `to` of the answer may be less than was asked for.
   *
   * @throws RemoteFault what may be otherwise next time; FfleetError what will not.
   */
  open(uri: string, range: RemoteRange, options: { known: string | null; signal: AbortSignal }): Promise<RemoteBody>
}

/** A store did not give what it was asked for, and may when it is asked again. */
export class RemoteFault extends Error {
  override readonly name = 'RemoteFault'
  /** How long it wants to be left alone, in ms; null: it does not say. */
  readonly waitMs: number | null
  /** `message`: for the person who sent the job, without a full stop. It holds no address and no secret. */
  constructor(message: string, options: ErrorOptions & { waitMs?: number | null } = {}) {
    super(message, options)
    this.waitMs = options.waitMs ?? null
  }
}
