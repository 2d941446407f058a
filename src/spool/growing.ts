import { type FileHandle, open } from 'node:fs/promises'
import type { Copy } from './copy.js'

/** Read at once. */
const CHUNK_BYTES = 256 * 1024

/** A file in the spool that is still being fetched, to be read from its beginning on as it comes. Whoever is given it closes it. */
export class Growing {
  readonly bytes: number
  readonly path: string
  readonly #copy: Copy
  readonly #starts: number
  #file: Promise<FileHandle> | null = null
  #waiting: { isHere(): boolean; resolve(): void; reject(reason: unknown): void }[] = []
  #isWhole = false
  #fault: { reason: unknown } | null = null

  /** Of a copy whose size is known. */
  constructor(copy: Copy) {
    this.bytes = copy.bytes!
    this.path = copy.path
    this.#copy = copy
    this.#starts = copy.starts
  }

  /** So many bytes are here from its beginning on. */
  get front(): number {
    return this.#fault === null ? this.#copy.front : 0
  }

  get isWhole(): boolean {
    return this.#isWhole
  }

  /** Resolves when so many bytes are here from its beginning on; rejects when they will not come, or are of another file. */
  async reached(bytes: number): Promise<void> {
    await this.#until(() => bytes <= this.front)
    await this.#open()
    this.#check()
  }

  /** Resolves when its last so many bytes are here, too, which are fetched before others; rejects as `reached`. */
  async endReached(bytes: number): Promise<void> {
    const from = this.bytes - bytes
    this.#copy.wantedFrom = Math.min(this.#copy.wantedFrom, from)
    await this.#until(() => this.#copy.isHereFrom(from))
    this.#check()
  }

  /** The open file, once something of it was reached. */
  async descriptor(): Promise<number> {
    return (await this.#open()).fd
  }

  /** So many bytes that are here, or fewer. */
  async read(at: number, length: number): Promise<Uint8Array> {
    const { bytesRead, buffer } = await (await this.#open()).read(Buffer.allocUnsafe(length), 0, length, at)
    this.#check()
    if (bytesRead === 0) throw new Error('the file in the spool became shorter')
    return buffer.subarray(0, bytesRead)
  }

  /** All of it, as it comes; `onWait` is told when the next bytes are not here, and when they are. */
  async *chunks(onWait: (waits: boolean) => void): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < this.bytes; ) {
      onWait(true)
      await this.reached(at + 1)
      onWait(false)
      const chunk = await this.read(at, Math.min(CHUNK_BYTES, this.front - at))
      at += chunk.length
      yield chunk
    }
  }

  /** More is here, or it is another file by now. */
  look(): void {
    if (this.#copy.starts !== this.#starts) this.fail(new Error('the input changes while it is fetched'))
    const here = this.#waiting.filter((each) => each.isHere())
    this.#waiting = this.#waiting.filter((each) => !here.includes(each))
    for (const { resolve } of here) resolve()
  }

  /** All of it is here. */
  whole(): void {
    this.look()
    this.#isWhole = true
  }

  fail(reason: unknown): void {
    if (!this.#isWhole) this.#end(reason)
  }

  async close(): Promise<void> {
    this.#end(new Error('nobody reads it any more'))
    await this.#file?.then((file) => file.close()).catch(() => {})
  }

  #end(reason: unknown): void {
    this.#fault ??= { reason }
    for (const { reject } of this.#waiting.splice(0)) reject(this.#fault.reason)
  }

  #until(isHere: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ isHere, resolve, reject })
      if (this.#fault === null) this.look()
      else this.#end(this.#fault.reason)
    })
  }

  /** Opened before it begins anew, it stays what it was. */
  #open(): Promise<FileHandle> {
    return (this.#file ??= open(this.#copy.path, 'r'))
  }

  #check(): void {
    this.look()
    if (this.#fault !== null) throw this.#fault.reason
  }
}
