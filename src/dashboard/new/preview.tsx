import type { DryRun } from '../../contract/index.js'
import { ProbeFacts } from '../job/probe.js'
import { ForecastText } from '../shell/times.js'
import { bytes, mediaTime, number } from '../words/figures.js'
import { words } from '../words/texts.js'

/** What would become of a request. */
export function Preview({ preview }: { preview: DryRun }) {
  const w = words.value
  const { plan, refusal, forecast, warnings } = preview
  return (
    <div class="preview">
      {refusal === null ? (
        plan === null ? null : (
          <p class="notice good">{w.wouldRun}</p>
        )
      ) : (
        <div class="notice bad">
          <p>
            {w.wouldFail} {refusal.title} <span class="code">{refusal.code}</span>
          </p>
          <p>
            {refusal.detail} {refusal.hint}
          </p>
        </div>
      )}
      {forecast === null ? null : (
        <p>
          <ForecastText forecast={forecast} />
        </p>
      )}
      {warnings.map((warning) => (
        <p key={warning.code + warning.detail} class="notice warn">
          {warning.output ? `${warning.output}: ` : ''}
          {warning.detail}
        </p>
      ))}
      {plan === null ? null : (
        <>
          <h3>{w.input}</h3>
          <ProbeFacts probe={plan.probe} />
          <h3>{w.outputs}</h3>
          <ul class="streams">
            {plan.outputs.map((output) => (
              <li key={output.name}>
                <strong>{output.name}</strong>{' '}
                <span class="quiet">
                  {[
                    output.durationUs === null ? w.lengthUnknown : mediaTime(output.durationUs),
                    w.streamCounts(output.streams.video, output.streams.audio),
                    output.expectedBytes === null ? w.sizeUnknown : w.about(bytes(output.expectedBytes)),
                  ].join(' · ')}
                </span>
              </li>
            ))}
          </ul>
          <h3>{w.passes}</h3>
          <ol class="streams">
            {plan.passes.map((pass, i) => (
              <li key={i}>
                <strong>{pass.label}</strong> <span class="quiet">→ {pass.outputs.join(', ')}</span>{' '}
                <span class="quiet">{pass.expected.frames === null ? '' : w.frames(number(pass.expected.frames))}</span>
              </li>
            ))}
          </ol>
        </>
      )}
    </div>
  )
}
