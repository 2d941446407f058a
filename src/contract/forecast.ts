import { Closed, Enum, type Static, Type } from './schema.js'

/** When something will start and end, from what the fleet did before. */
export const Forecast = Closed(
  {
    startsAt: Type.String({
      format: 'date-time',
      description: 'Of a job that runs, when it did start; of the queue, its first job that waits.',
    }),
    endsAt: Type.String({ format: 'date-time', description: 'As likely too early as too late.' }),
    earliest: Type.String({ format: 'date-time', description: 'One end in ten comes sooner.' }),
    latest: Type.String({ format: 'date-time', description: 'One end in ten comes later.' }),
    basis: Enum(['history'], { description: 'What it rests on: how long like jobs took on this fleet.' }),
  },
  { $id: 'Forecast' },
)
export type Forecast = Static<typeof Forecast>
