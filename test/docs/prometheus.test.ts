/** Prometheus reads the metrics of an API that asks for keys, configured as the reference says. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { addKey } from '../../src/callers/index.js'
import { startApi } from '../helpers/api-server.js'
import { aFolder } from '../helpers/folder.js'
import { freePort } from '../helpers/stack.js'
import { waitFor } from '../helpers/wait-for.js'
import { readDocPage } from './pages.js'
import { isInstalled, run, start } from './program.js'

const { blocks } = readDocPage('docs/reference/metrics.md')
const config = blocks.find(({ language, code }) => language === 'yaml' && code.includes('scrape_configs'))!.code

describe.runIf(await isInstalled('prometheus'))('prometheus', () => {
  it('takes the configuration, and reads the figures with a key of role read alone', async () => {
    const folder = await aFolder()
    const keyFile = join(folder, 'keys.json')
    const { key } = await addKey(keyFile, { name: 'prometheus', role: 'read', tenant: null })
    const api = await startApi({ keyFile })
    onTestFinished(() => api.close())
    await writeFile(join(folder, 'ffleet.key'), `${key}\n`)
    const file = join(folder, 'prometheus.yml')
    const own = config
      .replace('/etc/prometheus/ffleet.key', join(folder, 'ffleet.key'))
      .replace('127.0.0.1:4280', new URL(api.url).host)
    expect(own).not.toBe(config)
    await writeFile(file, own)
    expect(await run(['promtool', 'check', 'config', file], { cwd: folder })).toMatchObject({ code: 0 })

    const address = `127.0.0.1:${await freePort()}`
    await mkdir(join(folder, 'tsdb'))
    const options = [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder, 'tsdb')}`,
      `--web.listen-address=${address}`,
    ]
    const prometheus = start(['prometheus', ...options], { cwd: folder })
    onTestFinished(async () => {
      prometheus.child.kill('SIGKILL')
      await prometheus.ended
    })
    const value = async (query: string) => {
      const answer = await fetch(`http://${address}/api/v1/query?query=${query}`)
      const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } }
      return data.result[0]?.value[1]
    }
    await waitFor(async () => expect(await value('up')).toBe('1'), { timeout: 60_000, interval: 300 })
    expect(await value('ffleet_queue_up')).toBe('1')
    expect((await fetch(`${api.url}/metrics`)).status).toBe(401)
  }, 120_000)
})
