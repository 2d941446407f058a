import type { Config } from '../src/config/index.js'
import { scratchRootOf } from '../src/storage/scratch-root.js'

type Folders = Pick<Config, 'mediaRoot' | 'outputRoot' | 'dataDir' | 'spoolDir'> & Partial<Pick<Config, 'scratchDir'>>

/** Takes folders of this host out of text that people will read: each becomes a word, that of an attempt `.`. */
export function redactor(folders: Folders, attempt: string | null = null): (text: string) => string {
  const words: [string, string][] = [
    ...(attempt === null ? [] : [[attempt, '.'] satisfies [string, string]]),
    [folders.mediaRoot, 'media'],
    [scratchRootOf(folders), 'outputs'],
    [folders.dataDir, 'data'],
    [folders.spoolDir, 'spool'],
  ]
  // Longest first, so that a folder inside another one is named by its own word.
  const sorted = words.toSorted(([a], [b]) => b.length - a.length)
  return (text) => sorted.reduce((rest, [folder, word]) => rest.replaceAll(folder, word), text)
}
