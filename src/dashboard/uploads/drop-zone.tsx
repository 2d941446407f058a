import { useEffect, useState } from 'preact/hooks'
import { words } from '../words/texts.js'
import { type Dropped, sendFiles } from './uploads.js'

const FILES = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false

/** Takes files that are dropped anywhere on the page, or chosen. */
export function DropZone({ disabled }: { disabled: boolean }) {
  const w = words.value
  const [over, setOver] = useState(false)
  const [folders, setFolders] = useState<string[]>([])

  useEffect(() => {
    const listening = new AbortController()
    const on = (type: 'dragover' | 'dragleave' | 'drop', then: (event: DragEvent) => void) =>
      addEventListener(type, then, { signal: listening.signal })
    on('dragover', (event) => {
      if (!FILES(event)) return
      // Else the browser would open the file in the place of the page.
      event.preventDefault()
      event.dataTransfer!.dropEffect = disabled ? 'none' : 'copy'
      setOver(!disabled)
    })
    on('dragleave', ({ relatedTarget }) => relatedTarget === null && setOver(false))
    on('drop', (event) => {
      if (!FILES(event)) return
      event.preventDefault()
      setOver(false)
      if (disabled) return
      const items = [...event.dataTransfer!.items].filter(({ kind }) => kind === 'file')
      setFolders(items.flatMap((item) => folderName(item) ?? []))
      void Promise.all(items.filter((item) => folderName(item) === null).map(readDropped)).then((dropped) =>
        sendFiles(dropped.flat()),
      )
    })
    return () => listening.abort()
  }, [disabled])

  return (
    <div class="drop" data-over={over || undefined}>
      <label class="button" aria-disabled={disabled}>
        {w.chooseFiles}
        <input
          type="file"
          multiple
          class="unseen"
          disabled={disabled}
          onChange={({ currentTarget }) => {
            setFolders([])
            sendFiles([...(currentTarget.files ?? [])].map((file) => ({ file, handle: null })))
            // So that the same one can be chosen again.
            currentTarget.value = ''
          }}
        />
      </label>
      <span>{w.orDrop}</span>
      <p class="quiet described">{w.dropWhy}</p>
      {folders.length === 0 ? null : (
        <p class="fault" role="alert">
          {w.foldersDropped(folders)}
        </p>
      )}
    </div>
  )
}

function folderName(item: DataTransferItem): string | null {
  const entry = item.webkitGetAsEntry()
  return entry?.isDirectory ? entry.name : null
}

/** Both are asked for at once: after the event what was dropped is gone. */
async function readDropped(item: DataTransferItem): Promise<Dropped[]> {
  const file = item.getAsFile()
  const handle = await item.getAsFileSystemHandle?.().catch(() => null)
  return file === null ? [] : [{ file, handle: (handle as FileSystemFileHandle | null | undefined) ?? null }]
}
