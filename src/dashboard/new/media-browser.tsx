import { useEffect, useState } from 'preact/hooks'
import type { MediaPage } from '../../client/index.js'
import { client } from '../live/server.js'
import { LocalTime } from '../shell/times.js'
import { bytes } from '../words/figures.js'
import { words } from '../words/texts.js'

type Item = MediaPage['items'][number]

/** The media root of the server, folder by folder. */
export function MediaBrowser({ chosen, onChoose }: { chosen: string; onChoose(path: string): void }) {
  const w = words.value
  const [folder, setFolder] = useState(chosen.includes('/') ? chosen.slice(0, chosen.lastIndexOf('/')) : '')
  const [items, setItems] = useState<Item[] | null>(null)
  const [cursor, setCursor] = useState<string | null>(null)
  const [problem, setProblem] = useState<string | null>(null)

  useEffect(() => {
    const stop = new AbortController()
    setItems(null)
    setProblem(null)
    client.media({ path: folder }, { signal: stop.signal }).then(
      (page) => {
        setItems(page.items)
        setCursor(page.nextCursor)
      },
      (error: Error) => stop.signal.aborted || setProblem(error.message),
    )
    return () => stop.abort()
  }, [folder])

  const more = async () => {
    if (cursor === null) return
    const page = await client.media({ path: folder, cursor })
    setItems([...(items ?? []), ...page.items])
    setCursor(page.nextCursor)
  }
  const steps = folder === '' ? [] : folder.split('/')
  return (
    <div class="media-browser">
      <nav class="crumbs" aria-label={w.folders}>
        <button type="button" class="plain" onClick={() => setFolder('')}>
          {w.mediaRoot}
        </button>
        {steps.map((step, i) => (
          <span key={steps.slice(0, i + 1).join('/')}>
            /
            <button type="button" class="plain" onClick={() => setFolder(steps.slice(0, i + 1).join('/'))}>
              <bdi>{step}</bdi>
            </button>
          </span>
        ))}
      </nav>
      {problem === null ? null : (
        <p class="notice bad" role="alert">
          {problem}
        </p>
      )}
      {items === null && problem === null ? <p class="quiet">{w.loading}</p> : null}
      {items?.length === 0 ? <p class="quiet">{w.emptyFolder}</p> : null}
      <ul>
        {items?.map((item) => (
          <li key={item.path}>
            <button
              type="button"
              class="file"
              aria-pressed={item.kind === 'folder' ? undefined : item.path === chosen}
              onClick={() => (item.kind === 'folder' ? setFolder(item.path) : onChoose(item.path))}
            >
              <span class="kind" data-kind={item.kind}>
                {w.kinds[item.kind]}
              </span>
              <bdi class="file-name">{item.kind === 'folder' ? `${item.name}/` : item.name}</bdi>
              <span class="quiet figure">{item.bytes === null ? '' : bytes(item.bytes)}</span>
              <span class="quiet figure">{item.modifiedAt !== null && <LocalTime iso={item.modifiedAt} />}</span>
            </button>
          </li>
        ))}
      </ul>
      {cursor === null ? null : (
        <button type="button" onClick={() => void more()}>
          {w.moreFiles}
        </button>
      )}
    </div>
  )
}
