import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { words } from '../words/texts.js'

/** Asks before something that cannot be undone. Escape is no. Closed, it gives the focus back to where it was. */
export function Confirm(props: {
  question: string
  yes: string
  children?: ComponentChildren
  onYes(): void
  onNo(): void
}) {
  const dialog = useRef<HTMLDialogElement>(null)
  // At once: a key that is pressed now is meant for the question.
  useLayoutEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog
      ref={dialog}
      aria-labelledby="question"
      onClose={({ currentTarget: { returnValue } }) => (returnValue === 'yes' ? props.onYes() : props.onNo())}
    >
      <p id="question">{props.question}</p>
      {props.children}
      <form method="dialog" class="buttons">
        <button type="submit">{words.value.no}</button>
        <button type="submit" class="danger" value="yes">
          {props.yes}
        </button>
      </form>
    </dialog>
  )
}
