import type { ReportBlock } from './report-block.js'
import { ReportParser, type ReportParserOptions } from './report-parser.js'

/**
 * The blocks of a `-progress` report as they come, from any async iterable of chunks: a child's stdout, a file stream, a
 * web stream. Ends with its source, after what a cut last block still tells; an error of the source is thrown on.
 */
export async function* parseReport(
  source: AsyncIterable<Uint8Array | string>,
  options: ReportParserOptions = {},
): AsyncGenerator<ReportBlock, void, void> {
  const parser = new ReportParser(options)
  for await (const chunk of source) yield* parser.push(chunk)
  yield* parser.end()
}
