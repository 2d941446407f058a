/**
 * Makes what a release consists of, in ./release or the folder that is named: the tarballs of both packages, a list of all
 * they bring along (SBOM, CycloneDX), and SHA-256 sums of these. Asks the registry for known vulnerabilities first.
 *
 *   npm run release [-- FOLDER] [--no-build]     --no-build: of what is built already
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs, promisify } from 'node:util'

const root = join(import.meta.dirname, '..')
const run = promisify(execFile)
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'no-build': { type: 'boolean', default: false } },
})
const folder = resolve(positionals[0] ?? 'release')
const { name, version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))

await mkdir(folder, { recursive: true })
if ((await readdir(folder)).length > 0) throw new Error(`${folder} holds something already.`)
console.log(await knownVulnerabilities())
await pack(root)
await pack(join(root, 'packages/client'))
await writeFile(join(folder, `${name}-${version}.cdx.json`), `${JSON.stringify(await billOfMaterials(), null, 2)}\n`)
await writeFile(join(folder, 'SHA256SUMS'), await sums())
console.log((await readdir(folder)).sort().join('\n'))

/** What is known of the packages that are installed with ffleet. @throws Error where some of it is high or critical. */
async function knownVulnerabilities(): Promise<string> {
  // Told to be offline, npm would ask nobody and find nothing.
  const answer = await npm(['audit', '--omit=dev', '--json', '--offline=false'], { mayFail: true })
  const { metadata, vulnerabilities = {} } = JSON.parse(answer) as {
    metadata?: { vulnerabilities: Record<string, number> }
    vulnerabilities?: Record<string, { severity: string }>
  }
  if (metadata === undefined) return 'Vulnerabilities: not looked up, the registry does not tell of any.'
  const bad = Object.entries(vulnerabilities).filter(([, { severity }]) => ['high', 'critical'].includes(severity))
  if (bad.length > 0)
    throw new Error(`Vulnerable: ${bad.map(([each, { severity }]) => `${each} (${severity})`).join(', ')}`)
  return `Vulnerabilities: ${metadata.vulnerabilities.total} known, none of them high or critical.`
}

async function pack(of: string): Promise<void> {
  await npm(['pack', '--pack-destination', folder, ...(values['no-build'] ? ['--ignore-scripts'] : [])], { cwd: of })
}

type Bill = {
  metadata: { component: { name: string } }
  components: { 'bom-ref': string }[]
  dependencies: { ref: string; dependsOn: string[] }[]
}

/** Of the lock file: what is installed with the package, on every platform, with the hash of each. */
async function billOfMaterials(): Promise<Bill> {
  const bill: Bill = JSON.parse(await npm(['sbom', '--sbom-format=cyclonedx', '--package-lock-only']))
  // npm calls it as the folder is called. With --omit=dev it would leave out what is installed for development, too.
  bill.metadata.component.name = name
  const kept = new Set([`${name}@${version}`, ...(await installed())])
  const isKept = (ref: string) => kept.has(ref)
  const components = bill.components.filter((each) => isKept(each['bom-ref']))
  const dependencies = bill.dependencies
    .filter(({ ref }) => isKept(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter(isKept) }))
  return { ...bill, components, dependencies }
}

/** `name@version` of each package that comes with ffleet, and not only for who develops it. */
async function installed(): Promise<string[]> {
  const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string; dev?: boolean }>
  }
  const own = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true)
  return own.map(([path, each]) => `${path.replace(/^.*node_modules\//, '')}@${each.version}`)
}

/** As `sha256sum --check` reads it. */
async function sums(): Promise<string> {
  const files = (await readdir(folder)).sort()
  const lines = files.map(async (file) => {
    const hash = createHash('sha256').update(await readFile(join(folder, file)))
    return `${hash.digest('hex')}  ${file}\n`
  })
  return (await Promise.all(lines)).join('')
}

async function npm(args: string[], { cwd = root, mayFail = false } = {}): Promise<string> {
  return run('npm', args, { cwd, maxBuffer: 64 * 1024 ** 2 }).then(
    ({ stdout }) => stdout,
    (error: Error & { stdout?: string }) => {
      if (mayFail && error.stdout) return error.stdout
      throw error
    },
  )
}
