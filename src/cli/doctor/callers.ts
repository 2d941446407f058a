/** Who is let in: the file with the keys, and whether keys can be read on their way. */
import { type Stats, statSync } from 'node:fs'
import { CertificateError, readCertificate } from '../../api/certificate.js'
import { KeyFileError, readKeyFile } from '../../callers/index.js'
import type { Config } from '../../config/index.js'
import { isLoopback } from '../../config/kinds.js'
import { SETTINGS } from '../../config/settings.js'
import { isInside } from '../../storage/names.js'
import { count } from '../render/figures.js'
import { bad, type Finding, good, poor } from './finding.js'

const DAY_MS = 24 * 60 * 60 * 1000
/** Whoever renews certificates does so a month before their end; one that is so close to it was forgotten. */
const RENEWAL_DAYS = 14

/** The API keys, where there are to be any. */
export async function checkKeys(config: Config): Promise<Finding[]> {
  const { keysFile } = config
  if (keysFile === null) return []
  const facts = { id: 'keys', title: 'API keys' }
  try {
    const { keys } = await readKeyFile(keysFile)
    const valid = keys.filter(({ revokedAt }) => revokedAt === null)
    const admins = valid.filter(({ role, tenant }) => role === 'admin' && tenant === null)
    const found = `${count(valid.length, 'valid key')} in ${keysFile}, ${admins.length} of role admin`
    const hint = '`ffleet keys add admin --role admin` makes one.'
    if (valid.length === 0) return [bad({ ...facts, found, hint })]
    const first = admins.length === 0 ? poor({ ...facts, found, hint }) : good({ ...facts, found })
    return [first, ...rightsOf(facts, keysFile, statSync(keysFile)), ...placeOf(facts, config, keysFile)]
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error
    const hint = 'Restore it. If there never was one, `ffleet keys add admin --role admin` makes it.'
    return [bad({ ...facts, found: error.message, hint })]
  }
}

type Facts = Pick<Finding, 'id' | 'title'>

/** A group may be there on purpose, as that of a volume in Kubernetes. */
function rightsOf(facts: Facts, path: string, { mode, uid }: Stats): Finding[] {
  const own = process.getuid?.()
  const found = `others may use ${path} (mode ${(mode & 0o777).toString(8).padStart(4, '0')})`
  const hint = `chmod 600 '${path}'`
  const rights = mode & 0o007 ? [bad({ ...facts, found, hint })] : mode & 0o070 ? [poor({ ...facts, found, hint })] : []
  if (own === undefined || uid === own || uid === 0) return rights
  const owner = `${path} belongs to user ${uid}, who can let anybody in`
  return [...rights, bad({ ...facts, found: owner, hint: `chown ${own} '${path}'` })]
}

function placeOf(facts: Facts, config: Config, path: string): Finding[] {
  const shared = (['dataDir', 'mediaRoot', 'outputRoot'] as const).find((name) => isInside(config[name], path))
  if (shared === undefined) return []
  const found = `${path} lies in ${SETTINGS[shared].key}, where workers and jobs come`
  return [bad({ ...facts, found, hint: 'Move it to a folder of the API alone.' })]
}

/** The certificate; and an API that others reach without one. */
export async function checkTls({ tlsCert: cert, tlsKey: key, host }: Config): Promise<Finding[]> {
  const facts = { id: 'tls', title: 'TLS' }
  if (cert === null || key === null) {
    if (isLoopback(host)) return []
    const hint = `Set ${SETTINGS.tlsCert.key} and ${SETTINGS.tlsKey.key}, unless a proxy with TLS stands in front.`
    return [poor({ ...facts, found: `none: keys can be read on their way to ${host}`, hint })]
  }
  try {
    const { names, validTo } = (await readCertificate({ cert, key })).facts
    const days = Math.floor((validTo.getTime() - Date.now()) / DAY_MS)
    const found = `${names.join(', ') || 'a certificate without names'}, until ${validTo.toISOString().slice(0, 10)}`
    const hint = 'Renew it; an API that runs takes the new files within seconds.'
    if (days < 0) return [bad({ ...facts, found: `${found}: it has run out`, hint })]
    return [
      days < RENEWAL_DAYS
        ? poor({ ...facts, found: `${found}, in ${count(days, 'day')}`, hint })
        : good({ ...facts, found }),
    ]
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error
    const [setting, path] = error.file === 'cert' ? [SETTINGS.tlsCert, cert] : [SETTINGS.tlsKey, key]
    return [bad({ ...facts, found: `${setting.key} is ${path}`, hint: `It takes ${error.message}.` })]
  }
}
