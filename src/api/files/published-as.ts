import type { Publication } from '../../queue/index.js'
import type { PublishedAs } from '../../storage/index.js'

/** What storage has to find at the path of an output; null before it is published. */
export function publishedAs({ output, written }: Publication): PublishedAs | null {
  return output.sha256 === null ? null : { sha256: output.sha256, identity: written }
}
