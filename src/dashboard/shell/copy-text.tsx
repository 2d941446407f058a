import { useState } from 'preact/hooks'
import { words } from '../words/texts.js'

/** A text to take along, such as a command line. */
export function CopyText({ text, label }: { text: string; label: string }) {
  const w = words.value
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      setCopied(true)
    } catch {
      // Pages that were not served securely have no clipboard: the text is selected instead.
      const range = document.createRange()
      range.selectNodeContents(document.getElementById(label)!)
      getSelection()?.removeAllRanges()
      getSelection()?.addRange(range)
    }
  }
  return (
    <div class="copy">
      <div class="copy-head">
        <span class="quiet">{label}</span>
        <button type="button" onClick={() => void copy()} onBlur={() => setCopied(false)}>
          {copied ? w.copied : w.copy}
        </button>
      </div>
      <pre id={label} tabIndex={0}>
        {text}
      </pre>
    </div>
  )
}

/** As a shell takes it. */
export function shellLine(argv: readonly string[]): string {
  return argv.map((each) => (/^[\w@%+=:,./-]+$/.test(each) ? each : `'${each.replaceAll("'", "'\\''")}'`)).join(' ')
}
