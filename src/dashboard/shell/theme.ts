import { effect, signal } from '@preact/signals'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const KEPT = 'ffleet.theme'
const kept = localStorage.getItem(KEPT) as Theme | null

export const theme = signal<Theme>(kept !== null && THEMES.includes(kept) ? kept : 'system')

export function chooseTheme(next: Theme): void {
  localStorage.setItem(KEPT, next)
  theme.value = next
}

effect(() => {
  if (theme.value === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme.value
})
