import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'

/** Before any test: the programs the tests use are there, and `dist` is what the sources say. */
export default function setup(): void {
  const root = resolve(import.meta.dirname, '..')
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' })
  execFileSync(process.execPath, ['dist/src/cli/main.js', 'doctor', '--fix', '--for-tests'], {
    cwd: root,
    stdio: 'inherit',
  })
}
