import { createApi } from '../../../src/api/app.js'
import { FfleetError } from '../../../src/contract/index.js'
import { createLog } from '../../../src/log/index.js'
import { createMetrics } from '../../../src/metrics.js'
import { loadPresets } from '../../../src/presets/index.js'
import type { Schema } from './fields.js'

type Content = Record<string, { schema: Schema }>
export type Operation = {
  tags: string[]
  summary: string
  description?: string
  parameters?: { name: string; in: string; required?: boolean; description?: string; schema: Schema }[]
  requestBody?: { content: Content }
  responses: Record<string, { description: string; content?: Content }>
}
export type OpenApi = {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
}

/** What the API says of itself at `/openapi.json`; it is built without a queue, which nothing here asks. */
export async function readOpenApi(): Promise<OpenApi> {
  const away = {
    get: () => async () => {
      throw new FfleetError('QUEUE_UNAVAILABLE', 'There is no queue behind a description.')
    },
  }
  const nothing = () => new Proxy({}, away) as never
  const api = await createApi({
    queue: {
      jobs: nothing(),
      events: nothing(),
      fleet: nothing(),
      inspections: nothing(),
      schedules: { openTicks: () => ({ close: async () => {} }) } as never,
      countRate: nothing(),
      revocations: nothing(),
      watchedFiles: nothing(),
      webhooks: nothing(),
      uploads: nothing(),
      secret: async () => '',
      setQuotas: async () => {},
      board: async () => [],
    },
    storage: {
      inputs: nothing(),
      outputs: nothing(),
      reports: nothing(),
      roots: nothing(),
      parts: nothing(),
      scratch: nothing(),
      uploads: nothing(),
    },
    uploads: { maxBytes: 0, keepMs: 0 },
    presets: await loadPresets(),
    log: createLog({ logLevel: 'silent' }),
    metrics: createMetrics(),
  })
  try {
    return api.swagger() as unknown as OpenApi
  } finally {
    await api.close()
  }
}
