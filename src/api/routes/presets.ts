import { FfleetError } from '../../contract/index.js'
import { Closed, Type } from '../../contract/schema.js'
import { presetsFor } from '../callers/tenancy.js'
import { json, problems } from '../schemas.js'
import type { Routes } from '../types.js'

/** The recipes a job may name. */
export const presetRoutes: Routes = (app, { presets }) => {
  const tags = ['Presets']

  app.get(
    '/v1/presets',
    {
      schema: {
        tags,
        operationId: 'listPresets',
        summary: 'All presets, in full',
        response: {
          200: json('PresetList', 'Shipped ones, then those of the operator, then those of the tenant whose key asks.'),
          ...problems(),
        },
      },
    },
    async (request) => ({ items: presetsFor(presets, request.caller).list() }),
  )

  app.get(
    '/v1/presets/:name',
    {
      schema: {
        tags,
        operationId: 'getPreset',
        summary: 'One preset',
        params: Closed({ name: Type.String({ description: 'Name of a preset.' }) }),
        response: { 200: json('Preset', 'The preset.'), ...problems('NOT_FOUND') },
      },
    },
    async (request) => {
      const preset = presetsFor(presets, request.caller).get(request.params.name)
      if (preset) return preset
      throw new FfleetError('NOT_FOUND', 'There is no preset of that name.', { hint: 'GET /v1/presets lists all.' })
    },
  )
}
