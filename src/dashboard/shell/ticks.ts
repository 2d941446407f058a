/** The time, for what shows an age. */
import { signal } from '@preact/signals'

/** By `performance.now()`; twice a second while the page is seen. */
export const tick = signal(performance.now())

setInterval(() => {
  if (!document.hidden) tick.value = performance.now()
}, 500)
