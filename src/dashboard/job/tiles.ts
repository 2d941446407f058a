import type { FfleetClient } from '../../client/index.js'

/** A picture of a sprite sheet, and from when on it stands for the media. */
export type Tile = { fromMs: number; href: string; x: number; y: number; width: number; height: number }

const CUE = /^(?:(\d+):)?(\d{2}):(\d{2}\.\d{3}) --> .*\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)/gm

/** The cues of a thumbnails output. */
export function parseTiles(vtt: string, hrefOf: (file: string) => string): Tile[] {
  return [...vtt.matchAll(CUE)].map(([, h = '0', min, s, file, x, y, width, height]) => ({
    fromMs: ((Number(h) * 60 + Number(min)) * 60 + Number(s)) * 1000,
    href: hrefOf(file!),
    x: Number(x),
    y: Number(y),
    width: Number(width),
    height: Number(height),
  }))
}

/** Of an output that is a folder with an index. */
export async function readTiles(
  client: FfleetClient,
  jobId: string,
  name: string,
  signal: AbortSignal,
  hrefOf: (link: string) => string,
): Promise<Tile[]> {
  const files = (await client.outputFiles(jobId, name, { signal })) ?? []
  const index = files.find(({ path }) => /^[^/]+\.vtt$/.test(path))
  if (index === undefined) return []
  const download = await client.output(jobId, name, { path: index.path, signal })
  const text = new TextDecoder().decode(await download.arrayBuffer())
  return parseTiles(text, (file) => hrefOf(files.find(({ path }) => path === file)?.href ?? ''))
}
