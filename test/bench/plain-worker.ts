/**
 * What ffleet is held against: a transcode worker as a competent engineer would write it with BullMQ and fluent-ffmpeg.
 * It probes the input, runs ffmpeg, tells its progress. It verifies nothing, publishes in place, keeps no report.
 */
import { Worker } from 'bullmq'
import ffmpeg from 'fluent-ffmpeg'
import { Redis } from 'ioredis'
import { answerWith, settingsOf } from './part.js'

export type PlainJob = { input: string; output: string; options: string[] }

const { socket, queue, concurrency } = settingsOf<{ socket: string; queue: string; concurrency: number }>()

const probe = (path: string): Promise<ffmpeg.FfprobeData> =>
  new Promise((resolve, reject) => {
    ffmpeg.ffprobe(path, (error, data) => (error ? reject(error) : resolve(data)))
  })

const worker = new Worker<PlainJob>(
  queue,
  async (job) => {
    const { input, output, options } = job.data
    const { format, streams } = await probe(input)
    if (!streams.some(({ codec_type }) => codec_type === 'video')) throw new Error('There is no video')
    await new Promise<void>((resolve, reject) => {
      ffmpeg(input)
        .outputOptions(options)
        .on('progress', ({ percent, timemark }) => {
          job.updateProgress({ percent: Math.min(99, percent ?? 0), timemark }).catch(() => {})
        })
        .on('end', () => resolve())
        .on('error', reject)
        .save(output)
    })
    return { durationSeconds: format.duration }
  },
  { connection: new Redis({ path: socket, maxRetriesPerRequest: null }), concurrency },
)
worker.on('error', (error) => console.error(error))
await worker.waitUntilReady()
answerWith({})
