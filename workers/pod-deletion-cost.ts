import { readFile } from 'node:fs/promises'
import { request } from 'node:https'
import { join } from 'node:path'
import type { Logger } from '../src/log/index.js'
import type { AttemptObserver } from './observer.js'

/** Where Kubernetes puts what a pod's service account has. Its token is renewed there while the pod runs. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'
const ANNOTATION = 'controller.kubernetes.io/pod-deletion-cost'
const TIMEOUT_MS = 10_000
const QUARTER = 25

export type PodOptions = {
  log: Logger
  /** With KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT, and the name of the pod in POD_NAME or HOSTNAME. */
  env?: NodeJS.ProcessEnv
  /** Folder with `token`, `ca.crt` and `namespace`. */
  serviceAccount?: string
  now?: () => number
}

/**
 * Tells Kubernetes what would be lost with this pod: the seconds that its running attempts have taken so far, at least 1
 * for each, and 0 when it idles, which is what a pod without the annotation counts for. A ReplicaSet that has to end pods
 * ends those of the least cost first. It is told when an attempt begins, has gone through another quarter and ends, for each
 * time costs the API server a write. What goes wrong is logged once; the next change tries again.
 *
 * https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#pod-deletion-cost
 */
export function createDeletionCost(options: PodOptions): AttemptObserver {
  const { log, env = process.env, serviceAccount = SERVICE_ACCOUNT, now = () => performance.now() } = options
  const running = new Map<string, { sinceMs: number; quarter: number }>()
  let isStale = false
  let isTelling = false
  let hasFailed = false

  const cost = () =>
    [...running.values()].reduce((sum, { sinceMs }) => sum + 1 + Math.floor((now() - sinceMs) / 1_000), 0)

  /** One at a time, so that the newest is the last; of those that wait meanwhile only one is told. */
  async function tell(): Promise<void> {
    isStale = true
    if (isTelling) return
    isTelling = true
    while (isStale) {
      isStale = false
      await annotate({ env, serviceAccount, value: String(cost()) }).catch((error) => {
        if (!hasFailed) log.warn({ err: error }, 'the cost of ending this pod could not be told to Kubernetes')
        hasFailed = true
      })
    }
    isTelling = false
  }

  return {
    begun(jobId) {
      running.set(jobId, { sinceMs: now(), quarter: 0 })
      void tell()
    },
    progressed(jobId, percent) {
      const attempt = running.get(jobId)
      const quarter = Math.floor(percent / QUARTER)
      if (attempt === undefined || quarter <= attempt.quarter) return
      attempt.quarter = quarter
      void tell()
    },
    ended(jobId) {
      if (running.delete(jobId)) void tell()
    },
  }
}

async function annotate(pod: { env: NodeJS.ProcessEnv; serviceAccount: string; value: string }): Promise<void> {
  const { env, serviceAccount, value } = pod
  const [token, ca, namespace] = await Promise.all(
    ['token', 'ca.crt', 'namespace'].map(async (name) => (await readFile(join(serviceAccount, name), 'utf8')).trim()),
  )
  const name = env.POD_NAME || env.HOSTNAME
  const [host, port] = [env.KUBERNETES_SERVICE_HOST, env.KUBERNETES_SERVICE_PORT]
  if (!name || !host || !port)
    throw new Error('POD_NAME, KUBERNETES_SERVICE_HOST or KUBERNETES_SERVICE_PORT is missing')
  await patch({
    ...{ host, port, ca: ca! },
    path: `/api/v1/namespaces/${encodeURIComponent(namespace!)}/pods/${encodeURIComponent(name)}`,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/merge-patch+json' },
    body: JSON.stringify({ metadata: { annotations: { [ANNOTATION]: value } } }),
  })
}

type Patch = { host: string; port: string; ca: string; path: string; headers: Record<string, string>; body: string }

function patch({ body, headers, ...where }: Patch): Promise<void> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const length = { 'content-length': Buffer.byteLength(body) }
    request({ ...where, method: 'PATCH', agent: false, signal, headers: { ...headers, ...length } }, (response) => {
      response.resume()
      const { statusCode = 0 } = response
      if (statusCode < 300) resolve()
      else
        reject(
          new Error(
            `the API server answered ${statusCode}${statusCode === 403 ? ': the service account may not patch pods' : ''}`,
          ),
        )
    })
      .on('error', reject)
      .end(body)
  })
}
