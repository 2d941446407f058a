/** A tab of Chromium, and what the browser itself says of it: processor time, heaps, nodes, how often it changes. */
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, CDPSession, Page } from 'playwright-core'

/** Processor time: of the process that runs the page, and of two of its threads. */
export type Cpu = { process: number; page: number; worker: number }

/** After a collection: heaps in bytes, nodes of the document, and rows: those held, and those that are drawn. */
export type Memory = { page: number; worker: number; nodes: number; held: number; drawn: number }

export type Tab = {
  /** When the first row stood in the document, in ms from the start of the navigation. */
  firstRowMs(): Promise<number>
  /** Shares of one core over a time. Of all processes that run pages: the browser may have no other tab. */
  cpuDuring(forMs: number): Promise<Cpu>
  memory(): Promise<Memory>
  /** Updates of progress that the shared worker has handed to the page so far. */
  updates(): Promise<number>
  /** How often the document changed while something was done, and the frames that there were. */
  changesDuring(work: () => Promise<unknown>): Promise<{ changes: number; frames: number }>
  close(): Promise<void>
}

/** What is kept in the page. */
type Seen = { updates: number; firstRowMs: number | null; changes: number; frames: number }
declare const seen: Seen

/** Opens the page as somebody does who never was there. */
export async function openTab(browser: Browser, url: string): Promise<Tab> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  const page = await context.newPage()
  await page.addInitScript(observe)
  const ofPage = await context.newCDPSession(page)
  const ofBrowser = await browser.newBrowserCDPSession()
  await ofPage.send('Performance.enable')
  await page.goto(url)
  await page.locator('.rows .row').first().waitFor()
  return {
    firstRowMs: async () => (await page.evaluate(() => seen.firstRowMs))!,
    async cpuDuring(forMs) {
      const before = await cpuSeconds(ofBrowser)
      const startMs = performance.now()
      await sleep(forMs)
      const after = await cpuSeconds(ofBrowser)
      const seconds = (performance.now() - startMs) / 1_000
      const share = (of: keyof Cpu) => (after[of] - before[of]) / seconds
      return { process: share('process'), page: share('page'), worker: share('worker') }
    },
    async memory() {
      await ofPage.send('HeapProfiler.collectGarbage')
      const { metrics } = await ofPage.send('Performance.getMetrics')
      const metric = (wanted: string) => metrics.find(({ name }) => name === wanted)!.value
      const worker = await workerHeap(ofBrowser)
      return { page: metric('JSHeapUsedSize'), worker, nodes: metric('Nodes'), ...(await rowsOf(page)) }
    },
    updates: () => page.evaluate(() => seen.updates),
    async changesDuring(work) {
      const before = await page.evaluate(watchChanges)
      await work()
      const after = await page.evaluate(() => ({ ...seen }))
      return { changes: after.changes - before.changes, frames: after.frames - before.frames }
    },
    async close() {
      await ofBrowser.detach()
      await context.close()
    },
  }
}

/** Runs in the page before its own scripts. */
function observe(): void {
  const kept: Seen = { updates: 0, firstRowMs: null, changes: 0, frames: 0 }
  Object.assign(globalThis, { seen: kept })
  globalThis.SharedWorker = class extends SharedWorker {
    constructor(...given: ConstructorParameters<typeof SharedWorker>) {
      super(...given)
      this.port.addEventListener('message', ({ data }: MessageEvent<{ events?: { type: string }[] }>) => {
        kept.updates += data.events?.filter(({ type }) => type === 'progress').length ?? 0
      })
    }
  }
  const first = new MutationObserver(() => {
    if (document.querySelector('.rows .row') === null) return
    kept.firstRowMs = performance.now()
    first.disconnect()
  })
  first.observe(document, { subtree: true, childList: true })
}

/** Runs in the page, from now on: only then, because a page of which every frame is asked for works more. */
function watchChanges(): Seen {
  // A method: around any other function that has a name, tsx puts something that the page does not know.
  const loop = {
    frame() {
      seen.frames++
      requestAnimationFrame(loop.frame)
    },
  }
  loop.frame()
  new MutationObserver(() => seen.changes++).observe(document, {
    subtree: true,
    childList: true,
    attributes: true,
    characterData: true,
  })
  return { ...seen }
}

function rowsOf(page: Page): Promise<Pick<Memory, 'held' | 'drawn'>> {
  return page.locator('.rows').evaluate((box: HTMLElement) => ({
    held: Math.round(box.offsetHeight / (box.firstElementChild as HTMLElement).offsetHeight),
    drawn: box.childElementCount,
  }))
}

async function cpuSeconds(browser: CDPSession): Promise<Cpu> {
  const { processInfo } = await browser.send('SystemInfo.getProcessInfo')
  const cpu: Cpu = { process: 0, page: 0, worker: 0 }
  for (const { id, cpuTime } of processInfo.filter(({ type }) => type === 'renderer')) {
    cpu.process += cpuTime
    for (const thread of await readdir(`/proc/${id}/task`)) {
      const of = (file: string) => readFile(`/proc/${id}/task/${thread}/${file}`, 'utf8')
      // A thread may end just now.
      const [name, times] = await Promise.all([of('comm'), of('schedstat')]).catch(() => ['', '0'] as const)
      const seconds = Number(times.split(' ')[0]) / 1e9
      if (Number(thread) === id) cpu.page += seconds
      else if (name.startsWith('SharedWorker')) cpu.worker += seconds
    }
  }
  return cpu
}

/** Playwright gives no session of a shared worker; the browser passes messages on to one. */
async function workerHeap(browser: CDPSession): Promise<number> {
  const { targetInfos } = await browser.send('Target.getTargets')
  const { targetId } = targetInfos.find(({ type }) => type === 'shared_worker')!
  const { sessionId } = await browser.send('Target.attachToTarget', { targetId, flatten: false })
  const ask = async (id: number, method: string): Promise<unknown> => {
    const answered = new Promise<unknown>((resolve) => {
      browser.on('Target.receivedMessageFromTarget', function take(event) {
        const answer = JSON.parse(event.message)
        if (event.sessionId !== sessionId || answer.id !== id) return
        browser.off('Target.receivedMessageFromTarget', take)
        resolve(answer.result)
      })
    })
    await browser.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method }) })
    return answered
  }
  await ask(1, 'HeapProfiler.collectGarbage')
  const { usedSize } = (await ask(2, 'Runtime.getHeapUsage')) as { usedSize: number }
  await browser.send('Target.detachFromTarget', { sessionId })
  return usedSize
}
