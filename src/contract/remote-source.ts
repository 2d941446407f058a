/** Inputs that lie elsewhere: a URI with a scheme that ffleet fetches by itself. `src/remote` has one part for each of them. */

export const REMOTE_SCHEMES = ['https', 'http', 's3'] as const
export type RemoteSchemeName = (typeof REMOTE_SCHEMES)[number]

const SCHEME = new RegExp(`^(${REMOTE_SCHEMES.join('|')}):`, 'i')

/** The scheme of an input that has to be fetched; null for files of the media root and what jobs deliver. `./https:a.mp4` is a file. */
export function remoteScheme(uri: string): RemoteSchemeName | null {
  return (SCHEME.exec(uri)?.[1]?.toLowerCase() as RemoteSchemeName | undefined) ?? null
}

/**
 * An input as it may be seen by others than the worker that fetches it: a URL without user name, password, query and fragment, for those are
 * what it is signed with. Anything else as it is, also the key of an object, which has no such parts.
 */
export function shownUri(uri: string): string {
  const scheme = remoteScheme(uri)
  if (scheme === null || scheme === 's3') return uri
  return uri.replace(/[?#].*$/s, '').replace(/^([a-z]+:\/*)[^/]*@/i, '$1')
}

/** An input of a job with its URIs as `shownUri` gives them. */
export function shownInput<
  Input extends { uri: string; soundtrack?: string | undefined; subtitles?: readonly { uri: string }[] | undefined },
>(input: Input): Input {
  const { uri, soundtrack, subtitles } = input
  return {
    ...input,
    uri: shownUri(uri),
    ...(soundtrack !== undefined && { soundtrack: shownUri(soundtrack) }),
    ...(subtitles && { subtitles: subtitles.map((each) => ({ ...each, uri: shownUri(each.uri) })) }),
  }
}
