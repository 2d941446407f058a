import { address } from '../shell/router.js'
import { words } from '../words/texts.js'
import { UploadRow } from './upload-row.js'
import { uploads } from './uploads.js'

/** On every page: the files that are not on the server yet. Those of a job that is yet to be sent stand in its form. */
export function SendingNotice() {
  const isForm = address.value.path === '/new'
  const shown = uploads.value.filter(({ job, state }) => state !== 'whole' && !(isForm && job === null))
  if (shown.length === 0) return null
  const w = words.value
  return (
    <section class="on-their-way" aria-label={w.filesOnTheirWay}>
      <p class="quiet">{w.keepOpen}</p>
      <ul class="uploads">
        {shown.map((upload) => (
          <UploadRow key={upload.key} upload={upload} />
        ))}
      </ul>
    </section>
  )
}
