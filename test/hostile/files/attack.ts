import type { ErrorCode } from '../../../src/contract/index.js'
import type { Canary, Secret } from '../canary.js'

/** What the files of an attack aim at. */
export type Target = {
  /** Addresses of the canary without their scheme: `127.0.0.1:port`. */
  readonly host: string
  readonly canary: Canary
  readonly secret: Secret
  /** A path that leads from the media root to the file. */
  fromMedia(path: string): string
}

export type FileAttack = {
  /** What the file is, for people. */
  name: string
  /** The innocent name it comes under. */
  file: string
  bytes: (target: Target) => Uint8Array | string | Promise<Uint8Array>
  /** What is asked for, default `flac`. */
  preset?: string
  /** How its job ends: with a code, or well. */
  ends: ErrorCode | 'completed'
  /** Input options with which a bare ffmpeg falls for it: it calls the canary, or its output spells the secret. */
  careless?: readonly string[]
}

/** Attacks of one kind. */
export type FileAttacks = { kind: string; attacks: readonly FileAttack[] }
