import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { onTestFinished } from 'vitest'

/** Whether this user may mount here: root with the capability, which containers often lack. */
export const canMount: boolean = (() => {
  const probe =
    'mkdir -p /tmp/ffleet-mount-probe && mount -t tmpfs tmpfs /tmp/ffleet-mount-probe && umount /tmp/ffleet-mount-probe'
  const { status } = spawnSync('unshare', ['--mount', 'sh', '-c', probe], { stdio: 'ignore' })
  spawnSync('rmdir', ['/tmp/ffleet-mount-probe'], { stdio: 'ignore' })
  return process.getuid?.() === 0 && status === 0
})()

/** Mounts a filesystem of its own, in memory, until `unmount` or the end of this test; `bytes` is all it holds. */
export function mountTmpfs(folder: string, bytes: number): { readOnly(): void; unmount(): void } {
  mkdirSync(folder, { recursive: true })
  run('mount', '-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder)
  let mounted = true
  const unmount = () => {
    if (mounted) run('umount', folder)
    mounted = false
  }
  onTestFinished(unmount)
  return { readOnly: () => run('mount', '-o', 'remount,ro', folder), unmount }
}

function run(command: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`)
}
