import { vi } from 'vitest'

/** Waits until a check no longer throws, as long as a busy machine may need; gives what it gives. */
export function waitFor<T>(
  check: () => T | Promise<T>,
  options: { interval?: number; timeout?: number } = {},
): Promise<T> {
  return vi.waitFor(check, { timeout: 20_000, ...options })
}
