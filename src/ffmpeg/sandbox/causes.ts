/** Why bubblewrap does not start on a machine, and what is to be done about it. */
import { existsSync, readFileSync } from 'node:fs'

/** What is known of the machine. */
export type Surroundings = {
  inContainer: boolean
  inKubernetes: boolean
  /** Sysctls; null where there is no such thing. */
  usernsClone: string | null
  maxUserNamespaces: string | null
  apparmorRestricts: string | null
}

/** Sentences. */
export type Obstacle = { cause: string; remedy: string }

export const NO_BWRAP: Obstacle = {
  cause: 'bubblewrap is not installed.',
  remedy: 'Install it: `ffleet doctor --fix` does.',
}
export const NO_PRLIMIT: Obstacle = {
  cause: 'prlimit, of util-linux, is not installed.',
  remedy: 'Install it: `ffleet doctor --fix` does.',
}
export const NO_COMPARERS: Obstacle = {
  cause: 'The programs sh and stat are not both installed.',
  remedy: 'Install a shell and coreutils, or BusyBox.',
}
export const NOT_LINUX: Obstacle = {
  cause: 'Only Linux has the namespaces that a sandbox is made of.',
  remedy: 'Take files of strangers on Linux.',
}

export function noFilter(said: string): Obstacle {
  return {
    cause: `The filter of system calls could not be written: ${said}.`,
    remedy: 'Make room in the folder for temporary files, or name another one with TMPDIR.',
  }
}

const GUIDE = 'docs/guides/deploy.md#the-sandbox'

/** From what bwrap said, and what the machine is. */
export function obstacleOf(said: string, around: Surroundings): Obstacle {
  const line =
    said
      .trim()
      .split('\n')
      .at(-1)
      ?.replace(/\. See <.*/, '')
      .trim() || 'bwrap said nothing'
  const refused = /namespace|Operation not permitted|Permission denied|uid map|RTM_NEWADDR|No space left/.test(line)
  const known = refused ? reasonFor(around) : null
  if (known) return { cause: `${known.cause} (${line})`, remedy: known.remedy }
  return { cause: `bubblewrap does not start: ${line}`, remedy: `See ${GUIDE}.` }
}

function reasonFor({ usernsClone, maxUserNamespaces, apparmorRestricts, ...around }: Surroundings): Obstacle | null {
  if (maxUserNamespaces === '0')
    return {
      cause: 'The kernel is set to make no user namespaces.',
      remedy: 'Set the sysctl user.max_user_namespaces to some thousands.',
    }
  if (usernsClone === '0')
    return {
      cause: 'The kernel is set to let only root make user namespaces.',
      remedy: 'Set the sysctl kernel.unprivileged_userns_clone to 1.',
    }
  if (around.inKubernetes)
    return {
      cause: "The pod's security context forbids namespaces.",
      remedy: `Give it hostUsers: false and the seccomp profile of ffleet, as ${GUIDE} shows.`,
    }
  if (around.inContainer)
    return {
      cause: "The container's seccomp or AppArmor profile forbids namespaces, as Docker's own do.",
      remedy: `Run it with the seccomp profile of ffleet, as docker-compose.yml does; see ${GUIDE}.`,
    }
  if (apparmorRestricts === '1')
    return {
      cause: 'AppArmor lets only programs with a profile make user namespaces, as Ubuntu does since 23.10.',
      remedy: `Give bwrap its profile, /etc/apparmor.d/bwrap, as ${GUIDE} shows.`,
    }
  return null
}

export function lookAround(): Surroundings {
  return {
    inContainer: existsSync('/.dockerenv') || existsSync('/run/.containerenv'),
    inKubernetes: process.env.KUBERNETES_SERVICE_HOST !== undefined,
    usernsClone: sysctl('kernel/unprivileged_userns_clone'),
    maxUserNamespaces: sysctl('user/max_user_namespaces'),
    apparmorRestricts: sysctl('kernel/apparmor_restrict_unprivileged_userns'),
  }
}

function sysctl(name: string): string | null {
  try {
    return readFileSync(`/proc/sys/${name}`, 'utf8').trim()
  } catch {
    return null
  }
}
