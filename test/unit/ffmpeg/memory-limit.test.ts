import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { findMemoryGroup } from '../../../src/ffmpeg/memory-limit.js'

const roots: string[] = []
afterEach(async () => {
  for (const root of roots.splice(0)) await rm(root, { recursive: true })
})

async function rootWith(files: Record<string, string>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'ffleet-cgroup-'))
  roots.push(root)
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
  return root
}

function said(root: string) {
  const group = findMemoryGroup(root)
  return { limitBytes: group.limitBytes(), oomKills: group.oomKills() }
}

const V2_EVENTS = 'low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n'

it('reads a group of version 2', async () => {
  const root = await rootWith({
    'proc/self/cgroup': '0::/system.slice/ffleet.service\n',
    'sys/fs/cgroup/system.slice/ffleet.service/memory.events': V2_EVENTS,
    'sys/fs/cgroup/system.slice/ffleet.service/memory.max': '1073741824\n',
  })
  expect(said(root)).toEqual({ limitBytes: 1_073_741_824, oomKills: 2 })
})

it('reads the group of a container, which is shown as the top, and no limit', async () => {
  const root = await rootWith({
    'proc/self/cgroup': '0::/../elsewhere\n',
    'sys/fs/cgroup/memory.events': V2_EVENTS,
    'sys/fs/cgroup/memory.max': 'max\n',
  })
  expect(said(root)).toEqual({ limitBytes: null, oomKills: 2 })
})

it('reads a group of version 1', async () => {
  const root = await rootWith({
    'proc/self/cgroup': '5:cpu:/a\n4:memory:/docker/abc\n0::/docker/abc\n',
    'sys/fs/cgroup/memory/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 7\n',
    'sys/fs/cgroup/memory/memory.limit_in_bytes': '536870912\n',
  })
  expect(said(root)).toEqual({ limitBytes: 536_870_912, oomKills: 7 })
})

it('knows the number that version 1 means no limit by', async () => {
  const root = await rootWith({
    'proc/self/cgroup': '4:memory:/\n',
    'sys/fs/cgroup/memory/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\n',
    'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
  })
  expect(said(root)).toEqual({ limitBytes: null, oomKills: null })
})

it('knows nothing where there is nothing', async () => {
  expect(said(await rootWith({}))).toEqual({ limitBytes: null, oomKills: null })
})

it('reads the counter and the limit anew each time', async () => {
  const files = {
    'proc/self/cgroup': '0::/\n',
    'sys/fs/cgroup/memory.events': V2_EVENTS,
    'sys/fs/cgroup/memory.max': 'max\n',
  }
  const root = await rootWith(files)
  const group = findMemoryGroup(root)
  expect([group.oomKills(), group.limitBytes()]).toEqual([2, null])
  await writeFile(join(root, 'sys/fs/cgroup/memory.events'), V2_EVENTS.replace('oom_kill 2', 'oom_kill 3'))
  await writeFile(join(root, 'sys/fs/cgroup/memory.max'), '1000000\n')
  expect([group.oomKills(), group.limitBytes()]).toEqual([3, 1_000_000])
})
