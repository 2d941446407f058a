/** Something the system's package manager can bring. */
export type Ingredient =
  | 'ffmpeg'
  | 'redis'
  | 'setpriv'
  | 'bubblewrap'
  | 'prlimit'
  | 'chromium'
  | 'ip'
  | 'nginx'
  | 'caddy'
  | 'prometheus'
  | 'openssl'

/** What one check came to. */
export type Finding = {
  /** Stable, for `--json`. */
  id: string
  title: string
  ok: boolean
  /** False: ffleet runs without it, but with less. */
  needed: boolean
  /** What was found, or what is wrong. */
  found: string
  /** What to do about it; null when all is well. */
  hint: string | null
  /** What `--fix` installs for it. */
  missing: Ingredient | null
}

type Facts = { id: string; title: string; found: string }

export function good(facts: Facts): Finding {
  return { ...facts, ok: true, needed: true, hint: null, missing: null }
}

export function bad(facts: Facts & { hint: string; missing?: Ingredient | null }): Finding {
  return { missing: null, ...facts, ok: false, needed: true }
}

/** Wrong, but ffleet runs all the same. */
export function poor(facts: Facts & { hint: string; missing?: Ingredient | null }): Finding {
  return { ...bad(facts), needed: false }
}
