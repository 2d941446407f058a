/** The certificate and key that the server speaks TLS with, as their files have them now. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { type StatsListener, unwatchFile, watchFile } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import type { Logger } from '../log/index.js'

type Log = Pick<Logger, 'info' | 'warn'>

/** How often it is looked whether the files have changed. */
const LOOK_MS = 5_000

export type CertificateFiles = { cert: string; key: string }
/** PEM, as `node:tls` takes it; `cert` may hold the chain behind the certificate. */
export type KeyPair = { cert: Buffer; key: Buffer }
/** What a certificate says of itself. */
export type CertificateFacts = { names: string[]; validFrom: Date; validTo: Date }

/** A file of the pair cannot be used; `file` says which. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError'
  readonly file: keyof CertificateFiles

  constructor(file: keyof CertificateFiles, message: string) {
    super(message)
    this.file = file
  }
}

/** @throws CertificateError when one of them cannot be read, holds something else, or they do not belong together. */
export async function readCertificate(files: CertificateFiles): Promise<{ pair: KeyPair; facts: CertificateFacts }> {
  const [cert, key] = await Promise.all([read(files, 'cert'), read(files, 'key')])
  const certificate = parsed('cert', 'a certificate in PEM, with its chain behind it', () => new X509Certificate(cert))
  const takes = 'the private key in PEM, without a passphrase'
  const privateKey = parsed('key', takes, () => createPrivateKey(key))
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new CertificateError('key', 'the key that belongs to the certificate; this one belongs to another')
  }
  // Of the chain, and of how strong they are, OpenSSL has the last word.
  parsed('cert', 'a certificate and a chain that OpenSSL takes', () => createSecureContext({ cert, key }))
  return { pair: { cert, key }, facts: factsOf(certificate) }
}

async function read(files: CertificateFiles, file: keyof CertificateFiles): Promise<Buffer> {
  return readFile(files[file]).catch((error: NodeJS.ErrnoException) => {
    throw new CertificateError(file, `a file that ffleet may read (${error.code})`)
  })
}

function parsed<T>(file: keyof CertificateFiles, takes: string, parse: () => T): T {
  try {
    return parse()
  } catch {
    throw new CertificateError(file, takes)
  }
}

function factsOf({ subjectAltName = '', validFrom, validTo }: X509Certificate): CertificateFacts {
  const names = subjectAltName
    .split(', ')
    .map((name) => name.replace(/^[\w ]+:/, ''))
    .filter(Boolean)
  return { names, validFrom: new Date(validFrom), validTo: new Date(validTo) }
}

/** The pair of a server that runs: renewed files are picked up, and told to the log. */
export class Certificate {
  readonly #files: CertificateFiles
  readonly #log: Log
  #pair: KeyPair
  #onRenewed: (pair: KeyPair) => void = () => {}
  readonly #onChange: StatsListener = () => void this.#readAgain()

  private constructor(files: CertificateFiles, pair: KeyPair, log: Log, lookMs: number) {
    this.#files = files
    this.#pair = pair
    this.#log = log
    // By their names, and not by events: those follow a file that was replaced, as a link to a newer one is.
    for (const path of Object.values(files)) watchFile(path, { interval: lookMs, persistent: false }, this.#onChange)
  }

  /** @throws CertificateError */
  static async open(files: CertificateFiles, log: Log, { lookMs = LOOK_MS } = {}): Promise<Certificate> {
    const { pair, facts } = await readCertificate(files)
    if (facts.validTo.getTime() < Date.now())
      log.warn({ file: files.cert, until: facts.validTo }, 'the certificate has run out')
    return new Certificate(files, pair, log, lookMs)
  }

  get pair(): KeyPair {
    return this.#pair
  }

  /** Called with each new pair; one listener. */
  onRenewed(listener: (pair: KeyPair) => void): void {
    this.#onRenewed = listener
  }

  close(): void {
    for (const path of Object.values(this.#files)) unwatchFile(path, this.#onChange)
  }

  /** One file is often replaced before the other: until both fit, the pair of before stays. */
  async #readAgain(): Promise<void> {
    try {
      const { pair, facts } = await readCertificate(this.#files)
      if (pair.cert.equals(this.#pair.cert) && pair.key.equals(this.#pair.key)) return
      this.#pair = pair
      this.#onRenewed(pair)
      this.#log.info({ until: facts.validTo }, 'the certificate is renewed')
    } catch (error) {
      if (!(error instanceof CertificateError)) throw error
      const file = this.#files[error.file]
      this.#log.warn({ file, takes: error.message }, 'the certificate is as before: its files cannot be used yet')
    }
  }
}
