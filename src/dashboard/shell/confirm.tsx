import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { words } from '../words/texts.js'

/** Asks before something that cannot be undone. Escape is no. */
export function Confirm(props: {
  question: string
  yes: string
  children?: ComponentChildren
  onYes(): void
  onNo(): void
}) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog ref={dialog} aria-labelledby="question" onClose={props.onNo}>
      <p id="question">{props.question}</p>
      {props.children}
      <div class="buttons">
        <button type="button" onClick={props.onNo}>
          {words.value.no}
        </button>
        <button type="button" class="danger" onClick={props.onYes}>
          {props.yes}
        </button>
      </div>
    </dialog>
  )
}
