import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { defineConfig, type Plugin } from 'vite'

// The page that tests try is the one that people get; vitest says `test`, and Vite would build another one.
process.env.NODE_ENV = 'production'

const root = import.meta.dirname
const out = resolve(root, '../../dist/dashboard')

/** The server sends what lies beside a file, smaller, to browsers that take it. */
function compress(): Plugin {
  return {
    name: 'compress',
    closeBundle() {
      const assets = join(out, 'assets')
      for (const name of readdirSync(assets)) {
        const bytes = readFileSync(join(assets, name))
        writeFileSync(join(assets, `${name}.br`), brotliCompressSync(bytes))
        writeFileSync(join(assets, `${name}.gz`), gzipSync(bytes, { level: 9 }))
      }
    },
  }
}

export default defineConfig({
  root,
  // Addresses are relative to the `<base href>` that the server writes.
  base: './',
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [compress()],
  worker: { format: 'es' },
  build: {
    outDir: out,
    emptyOutDir: true,
    target: 'es2022',
    // Nothing inline: the policy of the page forbids it.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The player of ladders, which nobody waits for who does not play one.
    chunkSizeWarningLimit: 750,
    rollupOptions: {
      input: { index: join(root, 'index.html'), watch: join(root, 'watch.html') },
      // Licences ask for it.
      output: { comments: { legal: true } },
    },
  },
})
