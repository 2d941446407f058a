/**
 * Loaded into a worker, or the part that `in` names, by `NODE_OPTIONS=--import`, so that it can be made to die, stop or wait at an exact point of its
 * work with files, without a hook in the code that ships. `TEST_FAULT` is JSON: `at` is a regular expression that is
 * matched against `before open <path>`, `after link <from> -> <to>`, `before sync <path>` and so on; `act` is `kill`,
 * `stop` (SIGSTOP), `hold` (until the marker is removed), or the code of a system error that the call fails with. It
 * happens once: `marker` is a file that says that it has.
 */
import { existsSync, writeFileSync } from 'node:fs'
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'

const CALLS = ['open', 'lstat', 'realpath', 'link', 'rename', 'rm', 'rmdir', 'mkdir', 'symlink', 'writeFile']

const fault = JSON.parse(process.env.TEST_FAULT ?? 'null')
if (fault !== null && process.argv[2] === (fault.in ?? 'worker')) install(fault)

function install({ at, act, marker }) {
  const pattern = new RegExp(at)
  const real = { ...fs }

  async function pass(point) {
    if (!pattern.test(point) || existsSync(marker)) return
    writeFileSync(marker, point)
    if (act === 'kill') process.kill(process.pid, 'SIGKILL')
    else if (act === 'stop') process.kill(process.pid, 'SIGSTOP')
    else if (act === 'hold') while (existsSync(marker)) await sleep(5)
    else throw Object.assign(new Error(`${act}: by the test`), { code: act })
  }

  for (const call of CALLS) {
    fs[call] = async (...args) => {
      const names = args.filter((arg) => typeof arg === 'string' && arg.startsWith('/')).join(' -> ')
      await pass(`before ${call} ${names}`)
      const result = await real[call](...args)
      await pass(`after ${call} ${names}`)
      if (call === 'open') watchSync(result, names)
      return result
    }
  }
  syncBuiltinESMExports()

  function watchSync(handle, name) {
    const sync = handle.sync.bind(handle)
    handle.sync = async () => {
      await pass(`before sync ${name}`)
      await sync()
      await pass(`after sync ${name}`)
    }
  }
}
