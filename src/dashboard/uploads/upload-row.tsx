import { Link } from '../shell/link.js'
import { bytes, percent } from '../words/figures.js'
import { words } from '../words/texts.js'
import { type FileUpload, goOn, takeBack, tryAgain } from './uploads.js'

const TONES: Partial<Record<FileUpload['state'], string>> = { away: 'warn', left: 'warn', gone: 'bad', refused: 'bad' }

/** How far a file is on its way to the server, and what the person has to do about it, if anything. */
export function UploadRow({ upload }: { upload: FileUpload }) {
  const w = words.value
  const { key, name, state, sentBytes, job, problem, handle } = upload
  const isWhole = state === 'whole'
  const share = isWhole ? 100 : upload.bytes === 0 ? 0 : (100 * sentBytes) / upload.bytes
  const mayRead = state === 'left' && handle !== null
  const said = problem ?? (mayRead ? w.uploadStates.letRead : w.uploadStates[state])
  const tone = problem === null ? (TONES[state] ?? 'quiet') : 'bad'
  return (
    <li class="upload" data-send={state}>
      <bdi class="file-name" title={name}>
        {name}
      </bdi>
      <span class="quiet figure">
        {isWhole ? bytes(upload.bytes) : w.sentOf(bytes(sentBytes), bytes(upload.bytes))}
      </span>
      <span class="buttons">
        {mayRead ? (
          <button type="button" onClick={() => void goOn(key)}>
            {w.goOn}
          </button>
        ) : null}
        {state === 'refused' ? (
          <button type="button" onClick={() => tryAgain(key)}>
            {w.tryAgain}
          </button>
        ) : null}
        <button type="button" class="plain" aria-label={w.stopSending(name)} onClick={() => void takeBack(key)}>
          {w.takeBack}
        </button>
      </span>
      <span class="bar" data-state={isWhole ? 'completed' : tone === 'bad' ? 'failed' : 'active'}>
        <span
          class="track"
          role="progressbar"
          aria-label={w.sendingOf(name)}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={share}
          aria-valuetext={percent(share)}
        >
          <span class="fill" style={{ width: `${share}%` }} />
        </span>
        <span class="percent figure">{percent(share)}</span>
      </span>
      <span class={`said ${tone}`}>
        {said}
        {job === null ? null : (
          <>
            {' · '}
            <Link to={`/jobs/${job}`}>{w.forJob}</Link>
          </>
        )}
      </span>
    </li>
  )
}
