import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { seccompFilter } from '../../../../src/ffmpeg/sandbox/seccomp/filter.js'
import { RULES } from '../../../../src/ffmpeg/sandbox/seccomp/rules.js'
import {
  type Architecture,
  AUDIT_ARCHITECTURES,
  numberOf,
  SYSTEM_CALLS,
  type SystemCall,
} from '../../../../src/ffmpeg/sandbox/seccomp/system-calls.js'

const [EPERM, ENOMEM, ENOSYS] = [1, 12, 38]
const CALLS = Object.keys(SYSTEM_CALLS) as SystemCall[]
/** Of x64 and arm64: read, write, openat, futex, execve, exit_group, sched_setaffinity, prlimit64, mseal. */
const NEEDED = { x64: [0, 1, 257, 202, 59, 231, 203, 302, 462], arm64: [63, 64, 56, 98, 221, 94, 122, 261, 462] }

/** What the kernel does with the program, as bpf(4) tells: an errno, or a word. */
function answer(program: Buffer, call: { number: number; architecture: number; args?: number[] }): number | string {
  const data = Buffer.alloc(64)
  data.writeUInt32LE(call.number, 0)
  data.writeUInt32LE(call.architecture, 4)
  for (const [i, arg] of (call.args ?? []).entries()) data.writeBigUInt64LE(BigInt(arg), 16 + i * 8)
  let a = 0
  for (let at = 0; ; at += 1) {
    const code = program.readUInt16LE(at * 8)
    const [ifTrue, ifFalse, k] = [program[at * 8 + 2]!, program[at * 8 + 3]!, program.readUInt32LE(at * 8 + 4)]
    const jump = (isTrue: boolean) => {
      at += isTrue ? ifTrue : ifFalse
    }
    if (code === 0x20) a = data.readUInt32LE(k)
    else if (code === 0x54) a = (a & k) >>> 0
    else if (code === 0x15) jump(a === k)
    else if (code === 0x35) jump(a >= k)
    else if (code === 0x45) jump((a & k) !== 0)
    else if (code === 0x06) {
      const action = (k & 0xffff0000) >>> 0
      return action === 0x7fff0000 ? 'allowed' : action === 0x80000000 ? 'killed' : k & 0xffff
    } else throw new Error(`no such instruction: ${code}`)
  }
}

describe.each(['x64', 'arm64'] as const)('the filter of system calls on %s', (name: Architecture) => {
  const program = seccompFilter(name)!
  const architecture = AUDIT_ARCHITECTURES[name]
  const of = (call: SystemCall, ...args: number[]) =>
    answer(program, { number: numberOf(call, name)!, architecture, args })

  it('refuses what has no place in a sandbox', () => {
    const always = RULES.filter(({ when }) => when === undefined)
    for (const { calls, errno } of always)
      for (const call of calls) if (numberOf(call, name) !== null) expect(of(call), call).toBe(errno)
    expect(of('ptrace')).toBe(EPERM)
    expect(of('io_uring_setup')).toBe(EPERM)
    expect(of('clone3')).toBe(ENOSYS)
  })

  it('looks at arguments', () => {
    const [CLONE_VM, CLONE_NEWUSER, SIGCHLD] = [0x100, 0x10000000, 17]
    expect(of('clone', CLONE_VM | SIGCHLD)).toBe('allowed')
    expect(of('clone', CLONE_NEWUSER | SIGCHLD)).toBe(EPERM)
    expect(of('socket', 1)).toBe('allowed')
    for (const family of [0, 2, 10, 16, 17, 38, 40]) expect(of('socket', family), String(family)).toBe(EPERM)
    expect(of('ioctl', 0, 0x5401)).toBe('allowed')
    expect(of('ioctl', 0, 0x5412)).toBe(EPERM)
    // The kernel takes 32 bits of it.
    expect(of('ioctl', 0, 0x1_0000_5412)).toBe(EPERM)
    expect(of('mmap', 0, 4096, 3, 0x22)).toBe('allowed')
    expect(of('mmap', 0, 4096, 3, 0x21)).toBe(ENOMEM)
    expect(of('mmap', 0, 4096, 1, 0x01)).toBe('allowed')
  })

  it('lets through what a program needs, and nothing of another architecture or of the future', () => {
    for (const number of NEEDED[name]) expect(answer(program, { number, architecture }), String(number)).toBe('allowed')
    for (const number of [463, 1_000, 0x40000000]) expect(answer(program, { number, architecture })).toBe(ENOSYS)
    const other = AUDIT_ARCHITECTURES[name === 'x64' ? 'arm64' : 'x64']
    for (const foreign of [other, 0x40000003])
      expect(answer(program, { number: 0, architecture: foreign })).toBe('killed')
  })

  it('is no longer than the kernel takes', () => {
    expect(program.length / 8).toBeLessThanOrEqual(4_096)
  })
})

describe('the numbers of system calls', () => {
  const headers = { x64: '/usr/include/x86_64-linux-gnu/asm/unistd_64.h', arm64: '/usr/include/asm-generic/unistd.h' }

  it.each(Object.entries(headers))('on %s are those of the kernel', (name, path) => {
    if (!existsSync(path)) return console.warn(`Not compared with ${path}, which is not here.`)
    const text = readFileSync(path, 'utf8')
    const known = CALLS.map((call) => {
      // Calls with offsets have a second name for the machines where those have 64 bits.
      const found = new RegExp(`#define __NR(?:3264)?_${call}\\s+(\\d+)`).exec(text)
      return [call, found ? Number(found[1]) : null]
    })
    const ours = CALLS.map((call) => [call, numberOf(call, name as Architecture)])
    expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(known))
  })

  it('are of calls that a rule speaks of, and every one of them', () => {
    expect(RULES.flatMap(({ calls }) => calls).toSorted()).toEqual(CALLS.toSorted())
  })
})
