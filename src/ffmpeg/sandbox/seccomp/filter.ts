/** The rules as a program of classic BPF, which the kernel runs at each system call (seccomp(2), bpf(4)). */
import { type Condition, NEWEST_KNOWN_CALL, RULES, UNKNOWN_CALL_ERRNO } from './rules.js'
import { type Architecture, AUDIT_ARCHITECTURES, numberOf } from './system-calls.js'

/** Where the kernel puts what it tells of a call: struct seccomp_data. */
const NUMBER_AT = 0
const ARCHITECTURE_AT = 4
const argumentAt = (index: number) => 16 + 8 * index

const ALLOW = 0x7fff0000
const KILL_PROCESS = 0x80000000
const errnoOf = (errno: number) => 0x00050000 | errno

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, k: number]
const load = (at: number): Instruction => [0x20, 0, 0, at]
const and = (mask: number): Instruction => [0x54, 0, 0, mask]
const give = (answer: number): Instruction => [0x06, 0, 0, answer]
/** Jumps over so many instructions, by how a number compares. */
const ifEqual = (k: number, ifTrue: number, ifFalse: number): Instruction => [0x15, ifTrue, ifFalse, k]
const ifAtLeast = (k: number, ifTrue: number, ifFalse: number): Instruction => [0x35, ifTrue, ifFalse, k]
const ifHasOneOf = (k: number, ifTrue: number, ifFalse: number): Instruction => [0x45, ifTrue, ifFalse, k]

/** What `bwrap --seccomp` takes; null on an architecture that is not known here. */
export function seccompFilter(architecture: string = process.arch): Buffer | null {
  return architecture === 'x64' || architecture === 'arm64' ? encoded(programFor(architecture)) : null
}

function programFor(architecture: Architecture): Instruction[] {
  return [
    // The calls of another architecture that the processor knows, too, have other numbers.
    load(ARCHITECTURE_AT),
    ifEqual(AUDIT_ARCHITECTURES[architecture], 1, 0),
    give(KILL_PROCESS),
    load(NUMBER_AT),
    ifAtLeast(NEWEST_KNOWN_CALL + 1, 0, 1),
    give(errnoOf(UNKNOWN_CALL_ERRNO)),
    ...RULES.flatMap(({ calls, errno, when }) =>
      calls.flatMap((call) => {
        const number = numberOf(call, architecture)
        return number === null ? [] : forCall(number, errnoOf(errno), when)
      }),
    ),
    give(ALLOW),
  ]
}

function forCall(number: number, answer: number, when: readonly Condition[] | undefined): Instruction[] {
  if (when === undefined) return [ifEqual(number, 0, 1), give(answer)]
  const asked = [...when.flatMap((condition) => [...answerIf(condition, answer)]), give(ALLOW)]
  return [ifEqual(number, 0, asked.length), ...asked]
}

function answerIf(condition: Condition, answer: number): Instruction[] {
  // Both architectures are little-endian: the low half of an argument comes first.
  const argument = load(argumentAt(condition.argument))
  if ('is' in condition) return [argument, ifEqual(condition.is, 0, 1), give(answer)]
  if ('isNot' in condition) return [argument, ifEqual(condition.isNot, 1, 0), give(answer)]
  if ('hasOneOf' in condition) return [argument, ifHasOneOf(condition.hasOneOf, 0, 1), give(answer)]
  const { hasAllOf } = condition
  return [argument, and(hasAllOf), ifEqual(hasAllOf, 0, 1), give(answer)]
}

/** Each instruction as a struct sock_filter. */
function encoded(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8)
  for (const [i, [code, ifTrue, ifFalse, k]] of program.entries()) {
    bytes.writeUInt16LE(code, i * 8)
    bytes.writeUInt8(ifTrue, i * 8 + 2)
    bytes.writeUInt8(ifFalse, i * 8 + 3)
    bytes.writeUInt32LE(k >>> 0, i * 8 + 4)
  }
  return bytes
}
