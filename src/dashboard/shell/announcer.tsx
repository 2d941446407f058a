import { signal } from '@preact/signals'

const text = signal('')

/** Says something to those who listen to the page; what is said replaces what was. */
export function announce(next: string): void {
  text.value = next
}

/** The one live region: states that change, never figures. */
export function Announcer() {
  return (
    <p class="unseen" role="status" aria-live="polite">
      {text.value}
    </p>
  )
}
