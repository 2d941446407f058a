/** What people call an input: of an upload the name of the file, where its sender told it; else where it lies. */
export function inputName({ uri, name }: { uri: string; name?: string | undefined }): string {
  return name ?? uri
}
