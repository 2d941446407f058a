import { Closed, Enum, Nullable, type Static, Timestamp, Type } from './schema.js'
import { PHASES, PROGRESS_BASES } from './states.js'

const Figure = Nullable(Type.Number())

/**
 * ffleet's derived view of one moment of a job. Within an attempt `percent` never falls, stays at or below 99 until the
 * job is `completed` and is 100 exactly then; on failure or cancel it freezes; an unknown total gives null.
 */
export const ProgressSnapshot = Closed(
  {
    seq: Type.Integer({ minimum: 1, description: 'Rises by 1 within a job.' }),
    at: Timestamp,
    attempt: Type.Integer({ minimum: 1 }),
    phase: Enum(PHASES),
    percent: Nullable(Type.Number({ minimum: 0, maximum: 100, description: 'One decimal.' })),
    basis: Enum(PROGRESS_BASES, {
      description: 'What percent rests on; `bytes` is the share of the input that has come through.',
    }),
    etaMs: Nullable(Type.Number({ minimum: 0 })),
    pass: Closed({ index: Type.Integer({ minimum: 1 }), count: Type.Integer({ minimum: 1 }), label: Type.String() }),
    outTimeUs: Figure,
    frame: Figure,
    fps: Figure,
    speed: Nullable(Type.Number({ description: 'Media seconds per second, smoothed by ffleet.' })),
    bitrate: Figure,
    bytesWritten: Figure,
    dupFrames: Figure,
    dropFrames: Figure,
    quality: Type.Record(Type.String(), Type.Number(), { description: 'Encoder quantizer per output file:stream.' }),
    fetchedBytes: Figure,
    fetchTotalBytes: Figure,
    parts: Type.Optional(
      Type.String({
        pattern: '^[.>#]*$',
        description:
          'Of an output that is encoded in parts: a sign for each, in their order; `.` to be made, `>` being made, by whichever worker, `#` made. Left out: none is.',
      }),
    ),
    stalledForMs: Type.Number({ minimum: 0, description: 'How long media time and frames have not advanced.' }),
  },
  { $id: 'ProgressSnapshot' },
)
export type ProgressSnapshot = Static<typeof ProgressSnapshot>
