/** AES-128 of HLS (RFC 8216 §4.3.2.4): whole segments, each by CBC from an IV that is its number. */
import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FfleetError } from '../contract/index.js'
import { type LadderFacts, segmentName, type Track } from './facts.js'

const CIPHER = 'aes-128-cbc'

/**
 * Encrypts the segments of pictures and sounds where they lie, and holds each against what it was. What players read first, and text, stay
 * as they are. The facts that come back have the sizes that are there now.
 *
 * @throws FfleetError OUTPUT_INVALID; system errors.
 */
export async function encryptLadder(
  facts: LadderFacts,
  { into, key, signal }: { into: string; key: KeyObject; signal?: AbortSignal | undefined },
): Promise<LadderFacts> {
  async function encrypted<T extends Track>(track: T): Promise<T> {
    const segments: Track['segments'] = []
    for (const [n, segment] of track.segments.entries()) {
      signal?.throwIfAborted()
      const path = join(into, track.name, segmentName(n, 'm4s'))
      segments.push({ ...segment, bytes: await encryptFile(path, key, ivOf(n)) })
    }
    return { ...track, segments }
  }
  const [pictures, sounds]: [LadderFacts['pictures'], LadderFacts['sounds']] = [[], []]
  for (const track of facts.pictures) pictures.push(await encrypted(track))
  for (const track of facts.sounds) sounds.push(await encrypted(track))
  return { ...facts, pictures, sounds }
}

/** The media sequence number, which players take where a playlist gives no IV; it begins at 0. */
function ivOf(n: number): Buffer {
  const iv = Buffer.alloc(16)
  iv.writeUInt32BE(n, 12)
  return iv
}

/** Gives its size. */
async function encryptFile(path: string, key: KeyObject, iv: Buffer): Promise<number> {
  const plain = await readFile(path)
  const cipher = createCipheriv(CIPHER, key, iv)
  await writeFile(path, [cipher.update(plain), cipher.final()])
  const written = await readFile(path)
  if (opens(written, key, iv)?.equals(plain)) return written.length
  throw new FfleetError('OUTPUT_INVALID', 'A segment does not come back from its encryption as it was.')
}

function opens(written: Buffer, key: KeyObject, iv: Buffer): Buffer | null {
  const decipher = createDecipheriv(CIPHER, key, iv)
  try {
    return Buffer.concat([decipher.update(written), decipher.final()])
  } catch {
    return null
  }
}
