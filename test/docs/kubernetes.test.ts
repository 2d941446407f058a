/**
 * The manifests are ones that Kubernetes and KEDA take, as far as their schemas say, and set what ffleet takes. A cluster is
 * not at hand.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { findCommand } from '../../src/cli/commands.js'
import { readArguments } from '../../src/cli/request/arguments.js'
import { type Config, loadConfig } from '../../src/config/index.js'
import { QueueInfo } from '../../src/contract/index.js'
import { type TSchema, Value } from '../../src/contract/typebox.js'
import { EXAMPLES, PROJECT } from './pages.js'

const FOLDER = join(EXAMPLES, 'kubernetes')
const OVERLAYS = readdirSync(FOLDER)

type Json = Record<string, unknown>
type Env = { name: string; value?: string; valueFrom?: Json }
type Pod = {
  terminationGracePeriodSeconds?: number
  securityContext: Json
  serviceAccountName?: string
  containers: { args: string[]; env: Env[]; securityContext: Json; volumeMounts: { name: string }[] }[]
  volumes: { name: string; persistentVolumeClaim?: { claimName: string } }[]
}
type Manifest = {
  apiVersion: string
  kind: string
  metadata: { name: string }
  spec: Json
  data?: Json
  rules?: Json[]
}

const text = { type: 'string' }
const texts = { type: 'array', items: text }
const closed = (properties: Json, required = Object.keys(properties)) => ({
  ...{ type: 'object', properties, required, additionalProperties: false },
})
const some = (properties: Json) => closed(properties, [])
const listOf = (items: Json) => ({ type: 'array', items })
const map = { type: 'object', additionalProperties: text }

const taken = JSON.parse(readFileSync(join(PROJECT, 'fixtures/kubernetes/schemas.json'), 'utf8'))
const metadata = some({ name: text, labels: map, annotations: map })
const reference = closed({ apiGroup: text, kind: text, name: text })
const object = (rest: Json) => closed({ apiVersion: text, kind: text, metadata, ...rest })
const ofKeda = (schema: { properties: Json }) => ({ ...schema, properties: { ...schema.properties, metadata } })
const SCHEMAS: Record<string, object> = {
  'v1 ConfigMap': object({ data: map }),
  'v1 ServiceAccount': object({}),
  'v1 Service': object({
    spec: closed({
      selector: map,
      ports: listOf(closed({ name: text, port: { type: 'integer' }, targetPort: { type: ['integer', 'string'] } })),
    }),
  }),
  'v1 PersistentVolumeClaim': object({
    spec: closed({
      accessModes: listOf({ enum: ['ReadWriteOnce', 'ReadWriteMany'] }),
      resources: closed({ requests: closed({ storage: text }) }),
    }),
  }),
  'apps/v1 Deployment': object({
    spec: closed(
      {
        replicas: { type: 'integer' },
        selector: closed({ matchLabels: map }),
        strategy: closed(
          { type: { enum: ['Recreate', 'RollingUpdate'] }, rollingUpdate: some({ maxSurge: {}, maxUnavailable: {} }) },
          ['type'],
        ),
        template: taken.podTemplate,
      },
      ['selector', 'template'],
    ),
  }),
  'rbac.authorization.k8s.io/v1 Role': object({
    rules: listOf(closed({ apiGroups: texts, resources: texts, verbs: texts })),
  }),
  'rbac.authorization.k8s.io/v1 RoleBinding': object({
    roleRef: reference,
    subjects: listOf(closed({ kind: text, name: text })),
  }),
  'keda.sh/v1alpha1 ScaledObject': ofKeda(taken.scaledObject),
  'keda.sh/v1alpha1 ScaledJob': ofKeda(taken.scaledJob),
  'keda.sh/v1alpha1 TriggerAuthentication': ofKeda(taken.auth),
}
const KUSTOMIZATION = closed(
  {
    apiVersion: { enum: ['kustomize.config.k8s.io/v1beta1'] },
    kind: { enum: ['Kustomization'] },
    namespace: text,
    resources: texts,
    patches: listOf(closed({ path: text })),
  },
  ['apiVersion', 'kind', 'namespace', 'resources'],
)

function faults(schema: object, value: unknown): unknown[] {
  return Value.Errors(schema as TSchema, value).map(({ instancePath, message, params }) => [
    instancePath,
    message,
    params,
  ])
}

function read(path: string): unknown[] {
  return parseAllDocuments(readFileSync(path, 'utf8'), { strict: true, uniqueKeys: true }).map((document) => {
    expect(document.errors, path).toEqual([])
    return document.toJS()
  })
}

/** What kustomize makes of a folder: its resources, and those of others, with its patches merged in. */
function build(folder: string): Manifest[] {
  const [kustomization] = read(join(folder, 'kustomization.yaml')) as [
    { resources: string[]; patches?: { path: string }[] },
  ]
  expect(faults(KUSTOMIZATION, kustomization), folder).toEqual([])
  const resources = kustomization.resources.flatMap((name) =>
    name.endsWith('.yaml') ? (read(join(folder, name)) as Manifest[]) : build(join(folder, name)),
  )
  for (const { path } of kustomization.patches ?? []) {
    const [patch] = read(join(folder, path)) as [Manifest]
    const at = resources.findIndex((each) => idOf(each) === idOf(patch))
    expect(at, path).toBeGreaterThanOrEqual(0)
    resources[at] = merged(resources[at], patch) as Manifest
  }
  return resources
}

/** Strategic merge: fields by name, and items of lists that have a name by that. */
function merged(base: unknown, patch: unknown): unknown {
  if (Array.isArray(base) && Array.isArray(patch) && patch.every((item) => item.name !== undefined)) {
    const fresh = patch.filter(({ name }) => !base.some((item) => item.name === name))
    return [...base.map((item) => merged(item, patch.find(({ name }) => name === item.name) ?? {})), ...fresh]
  }
  if (typeof base !== 'object' || typeof patch !== 'object' || Array.isArray(patch)) return patch
  const fields = Object.entries(patch as Json).map(([name, value]) => {
    const former = (base as Json)[name]
    return [name, former === undefined ? value : merged(former, value)]
  })
  return { ...base, ...Object.fromEntries(fields) }
}

const idOf = ({ apiVersion, kind, metadata: { name } }: Manifest) => `${apiVersion} ${kind} ${name}`

function podOf(manifest: Manifest): Pod | null {
  const { spec } = manifest as { spec: { template?: { spec: Pod }; jobTargetRef?: { template: { spec: Pod } } } }
  return (spec?.template ?? spec?.jobTargetRef?.template)?.spec ?? null
}

/** As the container would have them, in the image of the Dockerfile. */
function configOf(all: Manifest[], env: Env[]): Config {
  const shared = all.find(({ kind }) => kind === 'ConfigMap')!.data as Record<string, string>
  const own = env.map(({ name, value }) => [name, value ?? 'from the pod'])
  const image = { FFLEET_DATA_DIR: '/data', FFLEET_MEDIA_ROOT: '/media' }
  const config = loadConfig({ ...image, ...shared, ...Object.fromEntries(own) })
  expect(config.warnings).toEqual([])
  return config
}

/** What a worker takes for handing back and leaving, beyond the drain. */
const LEAVING_S = 6

describe.each(OVERLAYS)('docs/examples/kubernetes/%s', (name) => {
  const folder = join(FOLDER, name)
  const all = build(folder)
  const pods = all.flatMap((each) => podOf(each) ?? [])

  it('has files that it uses, each once', () => {
    const files = readdirSync(folder).filter((file) => file !== 'kustomization.yaml')
    const [{ resources, patches = [] }] = read(join(folder, 'kustomization.yaml')) as [
      { resources: string[]; patches?: { path: string }[] },
    ]
    const used = [...resources, ...patches.map(({ path }) => path)]
    expect(used.filter((file) => file.endsWith('.yaml')).sort()).toEqual(files.sort())
    expect(used.filter((file) => !existsSync(join(folder, file)))).toEqual([])
    expect(new Set(all.map(idOf)).size).toBe(all.length)
  })

  it('has what Kubernetes and KEDA take', () => {
    for (const each of all) {
      const schema = SCHEMAS[`${each.apiVersion} ${each.kind}`]
      expect(schema, idOf(each)).toBeDefined()
      expect(faults(schema!, each), idOf(each)).toEqual([])
    }
  })

  it('starts commands of ffleet with settings of ffleet, as a user without privileges', async () => {
    for (const { securityContext, containers } of pods) {
      expect(securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 })
      for (const { args, env, securityContext: own } of containers) {
        const [command, ...options] = args
        const { args: defs } = await findCommand(command!)!.load()
        expect(() => readArguments(options, defs as never)).not.toThrow()
        configOf(all, env)
        expect(own).toMatchObject({
          ...{ readOnlyRootFilesystem: true, allowPrivilegeEscalation: false },
          capabilities: { drop: ['ALL'] },
        })
      }
    }
  })

  it('gives a worker time to hand back what it runs, and folders of its own to do it in', () => {
    for (const { terminationGracePeriodSeconds, containers, volumes } of pods) {
      for (const { args, env, volumeMounts } of containers) {
        expect(volumes.map((each) => each.name).sort()).toEqual(volumeMounts.map((each) => each.name).sort())
        if (args[0] !== 'worker') continue
        const { drainTimeoutMs, podDeletionCost } = configOf(all, env)
        expect(terminationGracePeriodSeconds).toBeGreaterThanOrEqual(drainTimeoutMs / 1_000 + LEAVING_S)
        expect(args.includes('--once')).toBe(podDeletionCost === 'off')
      }
    }
  })

  it('names what is there', () => {
    const has = (kind: string, named: string) => all.some((each) => each.kind === kind && each.metadata.name === named)
    for (const { serviceAccountName, volumes } of pods) {
      if (serviceAccountName) expect(has('ServiceAccount', serviceAccountName)).toBe(true)
      for (const { persistentVolumeClaim: claim } of volumes) {
        if (claim) expect(has('PersistentVolumeClaim', claim.claimName)).toBe(true)
      }
    }
    for (const { spec } of all.filter(({ kind }) => kind === 'ScaledObject' || kind === 'ScaledJob')) {
      const { triggers, scaleTargetRef } = spec as {
        triggers: { metadata: Record<string, string>; authenticationRef: { name: string } }[]
        scaleTargetRef?: { name: string }
      }
      if (scaleTargetRef) expect(has('Deployment', scaleTargetRef.name)).toBe(true)
      // KEDA takes the largest of several.
      expect(triggers).toHaveLength(1)
      const [{ metadata: trigger, authenticationRef }] = triggers as [(typeof triggers)[number]]
      expect(has('TriggerAuthentication', authenticationRef.name)).toBe(true)
      expect(new URL(trigger.url!)).toMatchObject({ host: 'ffleet-api.ffleet.svc:4280', pathname: '/v1/queue' })
      expect(has('Service', 'ffleet-api')).toBe(true)
      const where = trigger.valueLocation!.split('.')
      expect(where.reduce((schema, field) => schemaOf(schema, field), QueueInfo as unknown as Json)).toMatchObject({
        type: 'integer',
      })
      const worker = pods.flatMap(({ containers }) => containers).find(({ args }) => args[0] === 'worker')!
      const slots = worker.args.includes('--once') ? 1 : configOf(all, worker.env).slots
      expect(Number(trigger.targetValue)).toBe(slots)
    }
  })
})

/** Of a field, also of one that may be null. */
function schemaOf(schema: Json, field: string): Json {
  const { anyOf = [schema] } = schema as { anyOf?: Json[] }
  return (anyOf.find((each) => each.properties) as { properties: Record<string, Json> }).properties[field]!
}

it('finds what is wrong', () => {
  const [worker] = read(join(FOLDER, 'workers/worker.yaml')) as [Manifest]
  const wrong = structuredClone(worker) as unknown as { spec: { template: { spec: Json } } }
  Object.assign(wrong.spec.template.spec, { terminationGraceSeconds: 5, hostUsers: 'no' })
  expect(JSON.stringify(faults(SCHEMAS['apps/v1 Deployment']!, wrong))).toMatch(/terminationGraceSeconds.*hostUsers/)
})
