/** A terminal that understands what the live lines use, and shows what a person would see. */
export class VirtualScreen {
  columns: number
  rows: number
  cursorHidden = false
  /** Everything ever written. */
  raw = ''
  #lines: string[] = ['']
  #row = 0
  #column = 0

  constructor(columns = 80, rows = 24) {
    this.columns = columns
    this.rows = rows
  }

  write(text: string): boolean {
    this.raw += text
    for (const [token] of text.matchAll(/\x1b\[\??([0-9;]*)([A-Za-z])|[\r\n]|[^\x1b\r\n]/gu)) this.#take(token)
    return true
  }

  get text(): string {
    return this.#lines
      .map((line) => line.trimEnd())
      .join('\n')
      .trimEnd()
  }

  #take(token: string): void {
    if (token === '\r') this.#column = 0
    else if (token === '\n') this.#newLine()
    else if (token === '\x1b[?25l') this.cursorHidden = true
    else if (token === '\x1b[?25h') this.cursorHidden = false
    else if (token.startsWith('\x1b')) this.#escape(token)
    else this.#put(token)
  }

  #newLine(): void {
    this.#row++
    this.#column = 0
    if (this.#row === this.#lines.length) this.#lines.push('')
  }

  #escape(token: string): void {
    const n = Number.parseInt(token.slice(2), 10) || 1
    switch (token.at(-1)) {
      case 'A':
        this.#row = Math.max(0, this.#row - n)
        return
      case 'K':
        this.#lines[this.#row] = this.#lines[this.#row]!.slice(0, this.#column)
        return
      case 'J':
        this.#lines[this.#row] = this.#lines[this.#row]!.slice(0, this.#column)
        this.#lines.length = this.#row + 1
        return
      case 'm':
        return
      default:
        throw new Error(`unknown escape ${JSON.stringify(token)}`)
    }
  }

  #put(char: string): void {
    if (this.#column >= this.columns) this.#newLine()
    const line = this.#lines[this.#row]!.padEnd(this.#column)
    this.#lines[this.#row] = line.slice(0, this.#column) + char + line.slice(this.#column + char.length)
    this.#column += char.length
  }
}
