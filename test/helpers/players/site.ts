import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { type FileServer, startFileServer } from '../file-server.js'

/** A page of another origin with players in it: `players` is what `page.ts` exports. */
export async function startPlayerSite(): Promise<FileServer> {
  const entryPoints = [fileURLToPath(new URL('page.ts', import.meta.url))]
  const script = await build({ entryPoints, bundle: true, write: false, format: 'iife', globalName: 'players' })
  const site = await startFileServer()
  site.on('/', (_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><script src="players.js"></script>')
  })
  site.on('/players.js', (_, response) => {
    response.writeHead(200, { 'content-type': 'text/javascript' }).end(script.outputFiles[0]!.text)
  })
  return site
}
