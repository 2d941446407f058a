import { isDeepStrictEqual } from 'node:util'
import { fileUrl } from '../probe/formats.js'
import type { PassGroup } from './types.js'

/**
 * The plan as ffmpeg runs it where it reads its one input from its stdin, from front to back, once; null where it needs the file. What is verified
 * or cut by more than what ffmpeg wrote is not run so, either.
 */
export function fromPipe(groups: readonly PassGroup[], inputPath: string): PassGroup | null {
  const [group, ...others] = groups
  const [pass, ...further] = group?.passes ?? []
  if (group === undefined || pass === undefined || others.length > 0 || further.length > 0) return null
  const isPlain = !pass.measured && !pass.argsIfEmpty && !pass.part && !pass.needless
  const isSoft = group.outputs.every(({ hardware, drawn, sought }) => !hardware && !drawn && !sought)
  const { args } = pass
  const at = args.indexOf('-i')
  const whitelist = args.indexOf('-protocol_whitelist')
  const isAlone =
    args[at + 1] === fileUrl(inputPath) &&
    args.lastIndexOf('-i') === at &&
    args.filter((each) => each.includes(inputPath)).length === 1 &&
    !['-ss', '-t', '-to'].some((option) => args.slice(0, at).includes(option))
  if (!isPlain || !isSoft || !isAlone || whitelist === -1 || whitelist > at) return null
  const piped = args.with(at + 1, 'pipe:0').with(whitelist + 1, 'pipe')
  return { ...group, passes: [{ ...pass, args: piped, wholeInput: null }] }
}

/** Whether ffmpeg is told the same by two plans, whatever is expected of what it makes. */
export function tellsTheSame(one: readonly PassGroup[], other: readonly PassGroup[]): boolean {
  return isDeepStrictEqual(one.map(told), other.map(told))
}

function told({ outputs, passes, texts }: PassGroup) {
  return {
    outputs: outputs.map(({ name, relativePath, isFolder }) => ({ name, relativePath, isFolder })),
    passes: passes.map(({ args }) => args),
    texts: texts ?? [],
  }
}
