#!/usr/bin/env node
// `npx ffleet`. JavaScript, because it has to be there before anything is built: a fresh clone says what to do.
import { existsSync } from 'node:fs'

const main = new URL('../../dist/src/cli/main.js', import.meta.url)
if (existsSync(main)) await import(main.href)
else {
  process.stderr.write('ffleet: this clone is not built yet. Run `npm ci && npm run build` in it, then try again.\n')
  process.exitCode = 1
}
