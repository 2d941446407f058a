import { displayWidth } from './text.js'

/** The part of a terminal stream that is used. */
export type Screen = { write(text: string): unknown; columns?: number; rows?: number }

const HIDE_CURSOR = '\x1b[?25l'
const SHOW_CURSOR = '\x1b[?25h'
const CLEAR_LINE = '\x1b[K'
const CLEAR_BELOW = '\x1b[J'

/** A block of lines at the bottom of a terminal that is drawn again in place, below lines that stay. */
export class LiveLines {
  readonly #screen: Screen
  #drawn: string[] = []
  #open = false
  // A cursor that stays hidden after a crash would be a bad memory.
  readonly #restore = () => this.close()

  constructor(screen: Screen) {
    this.#screen = screen
  }

  get columns(): number {
    return this.#screen.columns || 80
  }

  /** How many lines may be live; one is left for the shell's prompt. */
  get rows(): number {
    return Math.max(1, (this.#screen.rows || 24) - 1)
  }

  /** Puts `kept` above for good, and `lines` below them in place of the former ones. */
  draw(lines: readonly string[], kept: readonly string[] = []): void {
    if (kept.length === 0 && lines.join('\n') === this.#drawn.join('\n')) return
    const head = this.#open ? '' : HIDE_CURSOR
    if (!this.#open) process.once('exit', this.#restore)
    this.#open = true
    const text = [...kept, ...lines].map((line) => line + CLEAR_LINE).join('\n')
    const tail = lines.length === 0 && kept.length > 0 ? '\n' : ''
    this.#screen.write(`${head}${this.#toTop()}${text}${tail}${CLEAR_BELOW}`)
    this.#drawn = [...lines]
  }

  /** Leaves the lines as they are and gives the terminal back. */
  close(): void {
    if (!this.#open) return
    this.#open = false
    process.removeListener('exit', this.#restore)
    this.#screen.write((this.#drawn.length > 0 ? '\n' : '') + SHOW_CURSOR)
    this.#drawn = []
  }

  /** To the first column of the block; a terminal made narrower has wrapped its lines meanwhile. */
  #toTop(): string {
    const wrapped = (line: string) => Math.max(1, Math.ceil(displayWidth(line) / this.columns))
    const rows = this.#drawn.reduce((sum, line) => sum + wrapped(line), 0)
    return rows > 1 ? `\r\x1b[${rows - 1}A` : '\r'
  }
}
