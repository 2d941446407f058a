/** The generated parts of a page: everything between `<!-- generated NAME -->` and `<!-- /generated -->`. */

const PART = /(<!-- generated ([a-z-]+) -->\n)[\s\S]*?(<!-- \/generated -->)/g

/** Names of the parts that a page has marks for, in order. */
export function markedParts(page: string): string[] {
  return [...page.matchAll(PART)].map(([, , name]) => name!)
}

/** The page with its parts replaced; everything around them stays. @throws Error for a mark that has no part. */
export function fillParts(page: string, parts: Readonly<Record<string, string>>): string {
  return page.replaceAll(PART, (_, open: string, name: string, close: string) => {
    const text = parts[name]
    if (text === undefined) throw new Error(`Nothing generates the part ${name}.`)
    return `${open}\n${text.trim()}\n\n${close}`
  })
}
