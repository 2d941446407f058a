/** The proxies of the deployment guide, as it has them; only ports, certificates and passwords are put in. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort } from '../helpers/stack.js'
import { waitFor } from '../helpers/wait-for.js'
import { run } from './program.js'

/** The name in the guide; a browser is told that it is this machine. */
export const NAME = 'videos.example'
/** Who may come in. */
export const LOGIN = { username: 'me', password: 'secret' }

export type RunningProxy = { url: string; stop(): Promise<void> }

/** Over plain HTTP, the harder case: browsers then say less of who asks. Compresses whatever it is let to. */
export async function startNginx(config: string, api: string, folder: string): Promise<RunningProxy> {
  const port = await freePort()
  const users = join(folder, 'users')
  await mkdir(folder)
  await writeFile(users, `${LOGIN.username}:{PLAIN}${LOGIN.password}\n`)
  const server = config
    .replace('listen 443 ssl', `listen 127.0.0.1:${port}`)
    .replaceAll(/^ *ssl_.*\n/gm, '')
    .replace('/etc/nginx/ffleet.users', users)
    .replaceAll('127.0.0.1:4280', api)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${kind};`)
  const head = 'user root; daemon off; pid nginx.pid; error_log stderr; events {}'
  const file = join(folder, 'nginx.conf')
  await writeFile(file, `${head}\nhttp { access_log off; gzip on; gzip_types *; ${temporary.join(' ')}\n${server} }`)
  return startProxy(['nginx', '-p', folder, '-c', file, '-e', 'stderr'], `http://${NAME}:${port}`, folder)
}

/** Over HTTPS, with a certificate of its own, and HTTP/2. */
export async function startCaddy(config: string, api: string, folder: string): Promise<RunningProxy> {
  const port = await freePort()
  await mkdir(folder)
  const hash = (await run(['caddy', 'hash-password', '--plaintext', LOGIN.password], { cwd: folder })).stdout.trim()
  const site = config
    .replace(`${NAME} {`, () => `${NAME}:${port} {\n\tbind 127.0.0.1\n\ttls internal`)
    .replace(/\$2a\$14\$\w+/, () => hash)
    .replaceAll('127.0.0.1:4280', api)
  const head = '{\n\tadmin off\n\tskip_install_trust\n\tgrace_period 1s\n\tauto_https disable_redirects\n}'
  const file = join(folder, 'Caddyfile')
  await writeFile(file, `${head}\n${site}`)
  return startProxy(['caddy', 'run', '--config', file], `https://${NAME}:${port}`, folder)
}

async function startProxy([program, ...args]: string[], url: string, folder: string): Promise<RunningProxy> {
  let said = ''
  const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder }
  const child = spawn(program!, args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const ended = once(child, 'exit')
  await waitFor(async () => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    try {
      await once(socket, 'connect')
    } catch (error) {
      throw new Error(`${program} does not listen: ${said}`, { cause: error })
    } finally {
      socket.destroy()
    }
  })
  return {
    url,
    async stop() {
      child.kill()
      await ended
    },
  }
}
