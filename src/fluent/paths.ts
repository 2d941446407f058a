/** Files of this machine, as the fleet knows them. */
import { isAbsolute, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { NotCarriedError } from './refusal.js'

export type Roots = {
  /** The media root of the fleet, as this machine sees it. */
  mediaRoot: string | null
  /** The output root of the fleet, as this machine sees it; null: outputs are fetched over HTTP. */
  outputRoot: string | null
  /** What relative paths are relative to. */
  cwd: string
  /** Brings a file that is not in the media root to the fleet, and gives the URI of the input. */
  carry?: ((path: string) => string | Promise<string>) | undefined
}

const DEVICES = /^(\/dev\/|video=|audio=)/
const PATTERN = /%0?\d*d/

/** The URI of an input. @throws NotCarriedError */
export async function inputUri(source: string, roots: Roots): Promise<string> {
  if (/^https?:\/\//i.test(source)) return source
  if (DEVICES.test(source)) {
    throw new NotCarriedError(
      `The input ${source} is a device of this machine, which the fleet does not have: record it to a file first.`,
    )
  }
  const path = pathOf(source, 'input', roots)
  if (PATTERN.test(path)) {
    throw new NotCarriedError(
      `The input ${source} is a pattern of many files: make a film of the pictures first, and send that.`,
    )
  }
  const inside = within(roots.mediaRoot, path)
  if (inside !== null) return inside
  if (roots.carry) return roots.carry(path)
  const where =
    roots.mediaRoot === null ? 'no media root is known here: give `mediaRoot`' : `it is not in ${roots.mediaRoot}`
  throw new NotCarriedError(`The input ${source} can't be read by the fleet: ${where}, or give \`carry\`.`)
}

/** Where an output goes: a path in the output root, or null where it is fetched; and the file here. @throws NotCarriedError */
export function outputPlace(target: string, roots: Roots): { path: string | null; file: string } {
  const file = pathOf(target, 'output', roots)
  if (PATTERN.test(file)) {
    throw new NotCarriedError(
      `The output ${target} is a pattern of many files, and an output is one: give one each, with -ss and -frames:v 1.`,
    )
  }
  return { path: within(roots.outputRoot, file), file }
}

function pathOf(text: string, what: string, { cwd }: Roots): string {
  if (text.startsWith('file://')) return fileURLToPath(text)
  const plain = text.replace(/^file:/, '')
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(plain)?.[1]
  if (scheme)
    throw new NotCarriedError(
      `An ${what} of ${scheme}: is not carried to the fleet: ${scheme === 'pipe' ? 'give a file' : `fetch or send it yourself`}.`,
    )
  return resolve(cwd, plain)
}

/** Null where it does not lie in the folder. */
function within(root: string | null, path: string): string | null {
  if (root === null) return null
  const inside = relative(resolve(root), path)
  return inside === '' || inside.startsWith('..') || isAbsolute(inside) ? null : inside.split(sep).join('/')
}
