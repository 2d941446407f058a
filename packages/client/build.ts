/** Builds `ffleet-client` from the sources of ffleet: the same client and parser, without what a server needs. */
import { execFileSync } from 'node:child_process'
import { cp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'

const here = import.meta.dirname
const root = join(here, '../..')
const dist = join(here, 'dist')
const types = join(dist, 'types')
const require = createRequire(import.meta.url)

await rm(dist, { recursive: true, force: true })
await build({
  entryPoints: { index: join(root, 'src/index.ts'), progress: join(root, 'src/progress/index.ts') },
  outdir: dist,
  bundle: true,
  format: 'esm',
  // What only Node has could not be resolved.
  platform: 'browser',
  target: 'es2022',
})
execFileSync(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', join(here, 'tsconfig.json')], {
  stdio: 'inherit',
})
await cp(join(here, 'schema.d.ts'), join(types, 'contract/schema.d.ts'))
// The one library that is in the bundle.
const parser = dirname(require.resolve('eventsource-parser/package.json'))
await cp(join(parser, 'LICENSE'), join(dist, 'eventsource-parser.LICENSE'))
