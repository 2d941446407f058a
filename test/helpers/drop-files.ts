import type { Page } from 'playwright-core'

/** Files of this machine are dropped on the page, as the system does it when they are dragged over its window. */
export async function dropFiles(page: Page, files: string[]): Promise<void> {
  const session = await page.context().newCDPSession(page)
  const data = { items: [], files, dragOperationsMask: 1 }
  // What is under the pointer may have moved when something is dragged over it; only then is it asked.
  for (const type of ['dragEnter', 'dragOver', 'dragOver', 'drop'] as const) {
    await session.send('Input.dispatchDragEvent', { type, x: 200, y: 300, data })
  }
  await session.detach()
}

/** Sends no faster than so many bytes a second, until `Infinity` of them. */
export async function limitSending(page: Page, bytesASecond: number): Promise<void> {
  const session = await page.context().newCDPSession(page)
  await session.send('Network.enable')
  const uploadThroughput = Number.isFinite(bytesASecond) ? bytesASecond : -1
  const rest = { offline: false, latency: 0, downloadThroughput: -1 }
  await session.send('Network.emulateNetworkConditions', { ...rest, uploadThroughput })
}
