/** What `ffmpeg -version` tells: the version, and whether it was stated or worked out from the libraries. */
export type FfmpegVersion = {
  /** `5.1.9`; of a build between releases the text that ffmpeg shows, such as `N-118193-g5f38c82536`. */
  version: string
  major: number
  minor: number
  /** False when major and minor come from the libraries: the build may be older or newer than that release. */
  stated: boolean
}

// libavcodec's major version rises with every major release.
const MAJOR_OF_LIBAVCODEC = -54

/**
 * Reads the version out of `ffmpeg -version`, as distributions, git and nightly builds write it: `5.1.9-0+deb12u1`,
 * `n7.1`, `7.1-full_build-www.gyan.dev`, `N-118193-g5f38c82536-20250101`, `git-2024-05-01-abc1234`. Null when the text is
 * not ffmpeg's.
 */
export function parseVersion(text: string): FfmpegVersion | null {
  const shown = /^(?:ffmpeg|ffprobe) version (\S+)/m.exec(text)?.[1]
  if (shown === undefined) return null
  const [version, major, minor] = /^n?(\d{1,2})\.(\d{1,3})(?:\.\d{1,3})?(?![\d.]*\d{4})/.exec(shown) ?? []
  if (version !== undefined)
    return { version: version.replace(/^n/, ''), major: Number(major), minor: Number(minor), stated: true }
  const libavcodec = /^\s*libavcodec\s+(\d+)\./m.exec(text)?.[1]
  return {
    version: shown,
    major: libavcodec === undefined ? 0 : Math.max(0, Number(libavcodec) + MAJOR_OF_LIBAVCODEC),
    minor: 0,
    stated: false,
  }
}

/** Whether a release is at least `major.minor`. */
export function isAtLeast(version: Pick<FfmpegVersion, 'major' | 'minor'>, major: number, minor: number): boolean {
  return version.major > major || (version.major === major && version.minor >= minor)
}

/** Reads the names out of `ffmpeg -encoders`. */
export function parseEncoders(text: string): Set<string> {
  const names = [...text.matchAll(/^ [VAS][A-Z.]{5,7} (\S+) /gm)].map(([, name]) => name!)
  return new Set(names.filter((name) => name !== '='))
}

/** Reads the names out of `ffmpeg -filters`. */
export function parseFilters(text: string): Set<string> {
  return new Set([...text.matchAll(/^ [A-Z.]{2,3} (\w+) +\S+->\S+/gm)].map(([, name]) => name!))
}
