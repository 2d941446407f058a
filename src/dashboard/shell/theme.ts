import { computed, effect, signal } from '@preact/signals'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const KEPT = 'ffleet.theme'
const kept = localStorage.getItem(KEPT) as Theme | null

export const theme = signal<Theme>(kept !== null && THEMES.includes(kept) ? kept : 'system')

const darkSystem = matchMedia('(prefers-color-scheme: dark)')
const isSystemDark = signal(darkSystem.matches)
darkSystem.addEventListener('change', ({ matches }) => {
  isSystemDark.value = matches
})

/** What is shown, for what does not draw itself anew when the system changes at dusk. */
export const isDark = computed(() => (theme.value === 'system' ? isSystemDark.value : theme.value === 'dark'))

export function chooseTheme(next: Theme): void {
  localStorage.setItem(KEPT, next)
  theme.value = next
}

effect(() => {
  if (theme.value === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme.value
})
