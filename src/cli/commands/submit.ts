import { defineCommand } from 'citty'
import { FfleetApiError, type FfleetClient } from '../../client/index.js'
import type { Job } from '../../contract/index.js'
import type { OnExists } from '../../contract/job.js'
import { type Asked, dryRunAll } from '../dry-run.js'
import { EXIT, UsageError } from '../exit.js'
import { followJobs } from '../follow.js'
import { standstillOf } from '../follow-queue.js'
import { exitCodeOf, type Interruption, interruptible } from '../interrupt.js'
import { JSON_OPTION, print, printJson, printJsonLine } from '../print.js'
import { createRenderer } from '../render/index.js'
import { styleOf } from '../render/style.js'
import { type Ended, outcomeOf, tally } from '../render/tally.js'
import { printable } from '../render/text.js'
import { type Arguments, integerOf, rangeOf, secondsOf, tagsOf, valuesOf } from '../request/arguments.js'
import { jobId } from '../request/job-ids.js'
import { JOB_OPTIONS, type JobSettings, jobRequest } from '../request/job-request.js'
import { OUTPUT_OPTIONS, type OutputChoice, outputChoices } from '../request/outputs.js'
import { playOf } from '../request/play.js'
import { submitWithFiles } from '../request/send-files.js'
import { sendingLine } from '../request/sending.js'
import { type ServerInputs, serverChoices, serverInputs } from '../request/server-inputs.js'
import { webhookOf } from '../request/webhook.js'
import { clientOf, SERVER_OPTION } from '../server.js'
import { errorJson, showError } from '../show-error.js'
import { goingOn } from './watch.js'

export default defineCommand({
  meta: { name: 'submit', description: 'Send jobs to a server, one for each input, and print their ids' },
  args: {
    'input…': {
      type: 'positional',
      required: true,
      description:
        "Paths in the server's media root, or job:JOB/OUTPUT; folders where this machine sees it too. Files that only this machine has are sent to the server",
    },
    preset: { ...OUTPUT_OPTIONS.preset, description: 'Preset of the output; may be given again for another output' },
    output: {
      ...OUTPUT_OPTIONS.output,
      description: "Path in the server's output root, with several inputs a folder in it; default <job>/<preset>.<ext>",
    },
    ...JOB_OPTIONS,
    join: { type: 'boolean', description: 'One job of all inputs, played one after another as one film or one sound' },
    delay: {
      type: 'string',
      valueHint: 'SECONDS',
      description: 'Run no sooner than this, or than this behind the jobs of --after',
    },
    after: {
      type: 'string',
      valueHint: 'JOB',
      description: 'Run only when this job has completed; may be given again',
    },
    tag: { type: 'string', valueHint: 'KEY=VALUE', description: 'May be given again' },
    webhook: { type: 'string', valueHint: 'URL', description: 'Who is told of the end of each job' },
    'webhook-events': {
      type: 'string',
      valueHint: 'TYPES',
      description: 'What they are told in place of that, with commas: job.completed,progress',
    },
    watch: { type: 'boolean', alias: 'w', description: 'Follow the jobs to their ends; 1 unless all complete' },
    'dry-run': {
      type: 'boolean',
      description: 'Send nothing: say what would become of the jobs; 1 when one would be refused',
    },
    ...JSON_OPTION,
    ...SERVER_OPTION,
  },
  async run({ args, data }) {
    const read = data as Arguments
    const client = clientOf(args)
    const isOne = args.join === true
    const inputs = await serverInputs(client, read.positionals, { keepRepeated: isOne })
    const after = await Promise.all(valuesOf(read, 'after').map((word) => jobId(client, word)))
    const choices = outputChoices(read, { pathsAreFolders: inputs.several && !isOne })
    const settings = {
      ...rangeOf(args),
      play: playOf(args, read),
      onExists: args['on-exists'] as OnExists | undefined,
      priority: integerOf(args.priority, '--priority', 0, 100),
      maxAttempts: integerOf(args['max-attempts'], '--max-attempts', 1, 10),
      timeoutMs: secondsOf(args.timeout, '--timeout'),
      delayMs: secondsOf(args.delay, '--delay'),
      after: after.length === 0 ? undefined : after,
      tags: tagsOf(valuesOf(read, 'tag')),
      webhook: webhookOf(args.webhook, args['webhook-events']),
    }
    const json = args.json ?? false
    const watch = args.watch ?? false
    if (args['dry-run'] && watch) throw new UsageError('--dry-run sends no job that --watch could follow.')
    const requests = isOne
      ? [{ input: inputs.inputs.join(' + '), request: jobRequest(inputs.inputs, choices, settings) }]
      : await requestsOf(client, inputs, choices, settings)
    if (args['dry-run']) {
      const code = await dryRunAll(client, requests, json)
      for (const { input, reason } of json ? [] : inputs.skipped) {
        process.stderr.write(`${printable(input)}: skipped, ${reason}\n`)
      }
      return code
    }
    const several = inputs.several && !isOne
    const done = await interruptible((signal) => sendAll(client, requests, { several, json, watch, signal }))
    if ('interruption' in done) return exitCodeOf(done.interruption)
    const sent = done.result
    const jobs = sent.flatMap(({ job }) => job ?? [])
    const interruption = watch ? await follow(client, jobs, sent, json) : null
    if (!watch && jobs.length > 0) await tellStandstill(client, json)
    const ends: Ended[] = [
      ...sent.map(({ input, job, error }): Ended => {
        return error === null ? { input, ...outcomeOf(job) } : { input, outcome: 'refused', why: error.message }
      }),
      ...inputs.skipped.map(({ input, reason }): Ended => ({ input, outcome: 'skipped', why: reason })),
    ]
    if (several && !json) process.stderr.write(`${tally(ends, styleOf(process.stderr, process.env))}\n`)
    if (interruption !== null) return exitCodeOf(interruption)
    const isGood = ({ outcome }: Ended) => ['done', 'skipped', ...(watch ? [] : ['sent'])].includes(outcome)
    return jobs.length > 0 && ends.every(isGood) ? EXIT.ok : EXIT.failed
  },
})

type Sent = { input: string; job: Job | null; error: FfleetApiError | null }

async function requestsOf(
  client: FfleetClient,
  { inputs, several }: ServerInputs,
  choices: readonly OutputChoice[],
  settings: JobSettings,
): Promise<Asked[]> {
  const own = several ? await serverChoices(client, inputs, choices) : [choices]
  return inputs.map((input, n) => ({ input, request: jobRequest(input, own[n]!, settings) }))
}

/** One after the other, so that they run in the order they were given. Of several one that is refused is told, and the others are sent. */
async function sendAll(
  client: FfleetClient,
  requests: readonly Asked[],
  { several, json, watch, signal }: { several: boolean; json: boolean; watch: boolean; signal: AbortSignal },
): Promise<Sent[]> {
  const sending = { signal, submitSignal: signal, ...sendingLine(process.stderr) }
  const sent: Sent[] = []
  for (const { input, request } of requests) {
    try {
      const job = await submitWithFiles(client, request, sending)
      sent.push({ input, job, error: null })
      if (watch) continue
      if (!json) print(job.id)
      else if (several) printJsonLine(job)
      else printJson(job)
    } catch (error) {
      if (!several || !(error instanceof FfleetApiError)) throw error
      sent.push({ input, job: null, error })
      const shown = showError(error, styleOf(process.stderr, process.env)).text
      process.stderr.write(`${json ? errorJson(error, input).text : `${printable(input)}: ${shown}`}\n`)
    }
  }
  return sent
}

/** Follows the jobs, and notes in `sent` how they ended. */
async function follow(client: FfleetClient, jobs: Job[], sent: Sent[], json: boolean): Promise<Interruption | null> {
  const renderer = createRenderer({ json, server: client.baseUrl, ids: jobs.length > 1 })
  try {
    const ended = await interruptible((signal) => followJobs(client, jobs, renderer, signal))
    if ('interruption' in ended) {
      renderer.note(goingOn(client, jobs))
      return ended.interruption
    }
    const byId = new Map(ended.result.map((job) => [job.id, job]))
    for (const one of sent) one.job = (one.job && byId.get(one.job.id)) ?? one.job
    return null
  } finally {
    renderer.close()
  }
}

/** A word on stderr where nothing would start the jobs. */
async function tellStandstill(client: FfleetClient, json: boolean): Promise<void> {
  // They are sent; what cannot be asked is not worth an error.
  const reason = await standstillOf(client).catch(() => null)
  if (reason !== null) process.stderr.write(`${json ? JSON.stringify({ note: reason }) : reason}\n`)
}
