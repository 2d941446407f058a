import { Closed, Nullable, type Static, Type } from './schema.js'

const Amount = (description: string) =>
  Nullable(Type.Integer({ description: `${description} Null: not known of any.` }))

/** What the jobs and attempts of one tenant that ended on one day used and made. */
export const UsageDay = Closed(
  {
    day: Type.String({ description: '`YYYY-MM-DD`, of UTC.' }),
    tenant: Nullable(Type.String({ description: 'Null: jobs that belong to no tenant.' })),
    jobs: Closed(
      { completed: Type.Integer(), failed: Type.Integer(), cancelled: Type.Integer() },
      { description: 'Ends of jobs; one that failed and was retried has two.' },
    ),
    attempts: Type.Integer({ description: 'Ends of attempts, those that were lost or handed back among them.' }),
    cpuMs: Amount(
      'CPU time of ffmpeg in these attempts; of a lost one, of the passes that had ended before its worker was lost.',
    ),
    mediaMs: Amount('Of jobs that completed: the length of the longest output of each.'),
    outputMs: Amount('Of jobs that completed: the length of all their outputs, added up.'),
    inputBytes: Amount('Of jobs that completed: the size of the input of each.'),
    outputBytes: Amount('Of jobs that completed: the size of all their outputs.'),
  },
  { $id: 'UsageDay' },
)
export type UsageDay = Static<typeof UsageDay>

/** Usage by day and tenant. */
export const Usage = Closed(
  {
    from: Type.String({ description: 'The first day that was asked for.' }),
    to: Type.String({ description: 'The last one.' }),
    items: Type.Array(Type.Ref('UsageDay'), {
      description: 'Oldest day first, then by tenant; where nothing ended there is none.',
    }),
  },
  { $id: 'Usage' },
)
export type Usage = Omit<Static<typeof Usage>, 'items'> & { items: UsageDay[] }
