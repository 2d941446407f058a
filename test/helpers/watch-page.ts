import type { Browser, BrowserContext, Page } from 'playwright-core'

/** What was shown and is compared: texts in the order in which they stood there, one after another. */
declare global {
  interface Window {
    shownTexts?: string[]
  }
}

/** A page whose errors are collected: none may come, whatever the server does. */
export async function openPage(
  from: Browser | BrowserContext,
  url: string,
): Promise<{ page: Page; broken: readonly string[] }> {
  const page = await from.newPage()
  const broken: string[] = []
  page.on('pageerror', (error) => broken.push(String(error.stack)))
  await page.goto(url)
  return { page, broken }
}

/** Keeps every text that an element shows from now on, also one that stands for a moment only, until the page is left. */
export async function keepShown(page: Page, selector: string): Promise<void> {
  await page.evaluate((which) => {
    window.shownTexts = []
    const shown = window.shownTexts
    const look = () => {
      const text = document.querySelector(which)?.textContent
      if (text != null && text !== shown.at(-1)) shown.push(text)
    }
    look()
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true })
  }, selector)
}

/** The texts so far. */
export const shownSo = (page: Page) => page.evaluate(() => window.shownTexts ?? [])

/** Those of them that are percents, as numbers. */
export async function percentsSo(page: Page): Promise<number[]> {
  return (await shownSo(page)).filter((text) => text.endsWith('%')).map((text) => Number.parseFloat(text))
}

/** A figure of the API's `/metrics`, such as `ffleet_watchers{scope="fleet"}`. */
export async function metricOf(baseUrl: string, name: string): Promise<number> {
  const text = await (await fetch(`${baseUrl}/metrics`)).text()
  const line = text.split('\n').find((each) => each.startsWith(`${name} `))
  return Number(line?.slice(name.length + 1))
}
