/** Certificates of a test's own authority, made by openssl. */
import { execFile } from 'node:child_process'
import { mkdtemp, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

export type Authority = {
  /** Its own certificate, in PEM. */
  readonly file: string
  /** A certificate and its key, for this machine unless names are given, valid for some days; fewer than 0: it has run out. */
  issue(options?: { names?: string; days?: number }): Promise<{ cert: string; key: string }>
}

export async function anAuthority(folder: string): Promise<Authority> {
  const [file, caKey] = [join(folder, 'ca.pem'), join(folder, 'ca.key')]
  await run('openssl', [
    'req',
    '-x509',
    ...EC,
    '-keyout',
    caKey,
    '-out',
    file,
    '-subj',
    '/CN=ffleet tests',
    '-days',
    '2',
  ])
  return {
    file,
    async issue({ names = 'IP:127.0.0.1,DNS:localhost', days = 2 } = {}) {
      const own = await mkdtemp(join(folder, 'issued-'))
      const [cert, key, request] = ['cert.pem', 'key.pem', 'request.pem'].map((name) => join(own, name)) as [
        string,
        string,
        string,
      ]
      const asked = ['-subj', '/CN=ffleet', '-addext', `subjectAltName=${names}`]
      await run('openssl', ['req', '-new', ...EC, ...asked, '-keyout', key, '-out', request])
      const signed = ['-CA', file, '-CAkey', caKey, '-CAcreateserial', '-copy_extensions', 'copy']
      await run('openssl', ['x509', '-req', '-in', request, ...signed, '-days', String(days), '-out', cert])
      return { cert, key }
    },
  }
}

/** One file put in the place of another, as who renews certificates does. */
export function replace(path: string, by: string): Promise<void> {
  return rename(by, path)
}
