/** `s3://bucket/prefix`: where outputs lie when they lie in no folder, and inputs may. */

export type BucketLocation = {
  bucket: string
  /** Ends with `/`, or is empty. */
  prefix: string
}

/** Null for what is no such address, a path for one. Bucket names as AWS has them, and `_` and capitals that others take. */
export function parseBucket(root: string): BucketLocation | null {
  const found = /^s3:\/\/([A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9])(?:\/(.*))?$/.exec(root)
  if (!found) return null
  const names = (found[2] ?? '').split('/').filter((name) => name !== '')
  if (names.some((name) => name === '.' || name === '..') || /[\u0000-\u001f\u007f]/.test(root)) return null
  return { bucket: found[1]!, prefix: names.map((name) => `${name}/`).join('') }
}
