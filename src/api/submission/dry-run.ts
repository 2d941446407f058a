import { type DryRun, type Forecast, type JobPreview, type NormalizedJob, shownInput } from '../../contract/index.js'
import type { InspectionAnswer } from '../../queue/index.js'

/** What a dry run of a job answers: the job itself, and what a worker says to it. */
export function dryRunOf(job: NormalizedJob, answer: InspectionAnswer, forecast: Forecast | null): DryRun {
  const told = { job: preview(job), forecast }
  if ('unanswered' in answer) {
    const detail = `${answer.unanswered} The input was not looked at.`
    const warning = { code: 'NOT_INSPECTED' as const, detail, output: null }
    return { ...told, worker: null, plan: null, refusal: null, warnings: [warning] }
  }
  const { worker, plan, refusal } = answer.inspection
  const outputs = plan?.outputs ?? []
  const warnings = outputs.flatMap(({ name, warnings }) => warnings.map((each) => ({ ...each, output: name })))
  return { ...told, ...(refusal !== null && { forecast: null }), worker, plan, refusal, warnings }
}

function preview({
  input,
  inputs,
  outputs,
  priority,
  maxAttempts,
  timeoutMs,
  delayMs,
  after,
  tags,
}: NormalizedJob): JobPreview {
  return {
    input: shownInput(input),
    ...(inputs && { inputs: inputs.map(shownInput) }),
    outputs: outputs.map(({ name, preset, path, recipe }) => ({ name, preset, path, mediaType: recipe.mediaType })),
    priority,
    maxAttempts,
    timeoutMs,
    delayMs,
    ...(after && { after }),
    tags,
  }
}
