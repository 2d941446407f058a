import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'vitest'
import { openStorage } from '../../../src/storage/index.js'
import { describeOutputStore } from '../../contract/output-store.js'
import { describePartStore } from '../../contract/part-store.js'
import { aFolder } from '../../helpers/folder.js'
import { canMount, mountTmpfs } from '../../helpers/mount.js'

async function openIn(folder: string, outputRoot: string) {
  await mkdir(outputRoot, { recursive: true })
  const storage = openStorage({ mediaRoot: join(folder, 'media'), outputRoot, dataDir: join(folder, 'data') })
  return { storage, store: storage.outputs }
}

describeOutputStore('a folder, staged on its own filesystem', async () => {
  const folder = await aFolder()
  const { storage, store } = await openIn(folder, join(folder, 'outputs'))
  return { store, staging: await storage.scratch.create('01JOB', 1) }
})

describePartStore('a folder that all hosts see', async () => {
  const folder = await aFolder()
  const open = async () => (await openIn(folder, join(folder, 'outputs'))).storage.parts
  return { one: await open(), other: await open() }
})

if (canMount) {
  describeOutputStore('a folder on another filesystem than the one outputs are staged on', async () => {
    const folder = await aFolder()
    const outputRoot = join(folder, 'outputs')
    mountTmpfs(outputRoot, 4 * 1024 * 1024)
    const { store } = await openIn(folder, outputRoot)
    const staging = join(folder, 'staging')
    await mkdir(staging)
    return { store, staging }
  })
} else {
  test.skip('a folder on another filesystem: this user may not mount one', () => {})
}
