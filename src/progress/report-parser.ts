import { splitGluedLine } from './glued-line.js'
import { LineSplitter } from './line-splitter.js'
import { type ReportBlock, toReportBlock } from './report-block.js'

/** Nothing but a report line has this shape: values of a report hold no `=`, ffmpeg's `-stats` lines hold several. */
const REPORT_LINE = /^([a-z0-9_]{1,64})=([^=]*)$/

export type ReportParserOptions = {
  /** Longer lines are cut. Default 1,024; ffmpeg's have some 40. */
  maxLineBytes?: number
  /** Further keys of a block are dropped, all but `progress`. Default 1,000; a report holds at most about 100. */
  maxKeys?: number
}

/**
 * Turns what ffmpeg (4.0 to 9) writes to `-progress` into blocks, however its bytes are cut into chunks. A block ends with
 * its `progress=` line; where that was lost, with the first key that comes a second time or with the end of the stream,
 * and is `truncated` then. Lines that are no report lines are passed over. Never throws on input, and holds at most one
 * block of bounded size.
 */
export class ReportParser {
  readonly #lines: LineSplitter
  readonly #maxKeys: number
  readonly #fields = new Map<string, string>()
  #previousKey: string | null = null
  #cutKey: string | null = null
  #keysDropped = false

  constructor(options: ReportParserOptions = {}) {
    this.#lines = new LineSplitter({ maxLineBytes: options.maxLineBytes ?? 1_024 })
    this.#maxKeys = options.maxKeys ?? 1_000
  }

  /** The blocks that end in this chunk, often none. */
  push(chunk: Uint8Array | string): ReportBlock[] {
    const blocks: ReportBlock[] = []
    this.#lines.push(chunk, (line) => this.#readLine(line, blocks))
    return blocks
  }

  /** The process has exited: what is left is a block too. The parser is as new then. */
  end(): ReportBlock[] {
    const blocks: ReportBlock[] = []
    const rest = this.#lines.end()
    if (rest !== null) this.#readLine(rest, blocks, true)
    if (this.#fields.size > 0) this.#closeBlock(blocks)
    return blocks
  }

  #readLine(line: string, blocks: ReportBlock[], lineEndMissing = false): void {
    const glued = splitGluedLine(line, this.#previousKey)
    if (glued) this.#readField(glued.cut, blocks, true)
    this.#readField(glued?.next ?? line, blocks, lineEndMissing)
  }

  #readField(line: string, blocks: ReportBlock[], cut: boolean): void {
    const [, key, value] = REPORT_LINE.exec(line) ?? []
    if (key === undefined || value === undefined) return
    if (this.#fields.has(key)) this.#closeBlock(blocks)
    if (this.#fields.size >= this.#maxKeys && key !== 'progress') {
      this.#keysDropped = true
      return
    }
    this.#fields.set(key, value)
    this.#previousKey = key
    // Of the values of `progress` each is told from the other even without the line end.
    const whole = !cut || (key === 'progress' && ['continue', 'end'].includes(value.trim()))
    if (!whole) this.#cutKey = key
    else if (key === 'progress') this.#closeBlock(blocks)
  }

  #closeBlock(blocks: ReportBlock[]): void {
    const complete = this.#fields.has('progress') && this.#cutKey !== 'progress' && !this.#keysDropped
    blocks.push(toReportBlock(this.#fields, { truncated: !complete, cutKey: this.#cutKey }))
    this.#fields.clear()
    this.#previousKey = null
    this.#cutKey = null
    this.#keysDropped = false
  }
}
