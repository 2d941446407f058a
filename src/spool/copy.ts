import { constants } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import type { RemoteFacts } from '../remote/index.js'

/** So large are the parts that a file is asked for in, several at once; also the first one, which tells what there is. */
export const PIECE_BYTES = 8 * 1024 ** 2

/** Bytes of the file, and how many of them are here from their beginning on. `to` null: to the end, wherever that is. */
export type Piece = { from: number; to: number | null; have: number }

/** A file in the spool: what is here of it, and what is known of it. */
export class Copy {
  facts: RemoteFacts | null = null
  /** Empty before the first answer. */
  pieces: Piece[] = []
  /** How often what was here was forgotten. */
  starts = 0
  /** What lies behind here is fetched first. */
  wantedFrom = Number.POSITIVE_INFINITY
  /** Bytes of the spool that it was given. */
  reserved = 0
  /** How many hold it open. */
  users = 0
  /** It has been removed: its room is given back by the last who holds it. */
  isGone = false
  #file: Promise<FileHandle> | null = null

  constructor(readonly path: string) {}

  get bytes(): number | null {
    return this.facts?.bytes ?? null
  }

  get have(): number {
    return this.pieces.reduce((sum, piece) => sum + piece.have, 0)
  }

  /** So many bytes are here from its beginning on. */
  get front(): number {
    const first = this.pieces.find((piece) => !isFull(piece)) ?? this.pieces.at(-1)
    return first === undefined ? 0 : first.from + first.have
  }

  /** All of it is here from there on. */
  isHereFrom(at: number): boolean {
    return (
      this.pieces.length > 0 && this.pieces.every((piece) => isFull(piece) || (piece.to !== null && piece.to <= at))
    )
  }

  get isWhole(): boolean {
    return this.pieces.length > 0 && this.pieces.every(isFull)
  }

  async write(chunk: Uint8Array, at: number): Promise<void> {
    const file = await (this.#file ??= open(this.path, constants.O_WRONLY | constants.O_CREAT, 0o600))
    for (let done = 0; done < chunk.length; ) {
      done += (await file.write(chunk, done, chunk.length - done, at + done)).bytesWritten
    }
  }

  /** Nothing more is written for now. */
  async close(): Promise<void> {
    const file = this.#file
    this.#file = null
    await file?.then((open) => open.close())
  }

  /** Forgets all that is here. */
  async startOver(): Promise<void> {
    this.starts++
    this.wantedFrom = Number.POSITIVE_INFINITY
    await this.close()
    this.facts = null
    this.pieces = []
    await rm(this.path, { force: true })
  }
}

export function isFull({ from, to, have }: Piece): boolean {
  return to !== null && have === to - from
}

/** A file of so many bytes in parts. */
export function piecesOf(bytes: number): Piece[] {
  const pieces: Piece[] = []
  for (let from = 0; from < bytes; from += PIECE_BYTES) {
    pieces.push({ from, to: Math.min(bytes, from + PIECE_BYTES), have: 0 })
  }
  return pieces
}
