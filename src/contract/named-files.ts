/** The files that a request names, and where. */
import type { InputRequest } from './input.js'
import type { JobRequest } from './job.js'

/** A file as a request names it. */
export type NamedFile = { uri: string; pointer: string }

/** Each with the field that it stands in. */
export function inputRequests({
  input,
  inputs,
}: JobRequest): { request: InputRequest; pointer: string; isText: boolean }[] {
  const given = [
    ...(input === undefined ? [] : [{ said: input, pointer: '/input' }]),
    ...(inputs ?? []).map((said, i) => ({ said, pointer: `/inputs/${i}` })),
  ]
  return given.map(({ said, pointer }) => {
    const isText = typeof said === 'string'
    return { request: isText ? { uri: said } : said, pointer, isText }
  })
}

/** Every file that a request reads, the first input first. */
export function namedFiles(request: JobRequest): NamedFile[] {
  const inputs = inputRequests(request).flatMap(({ request: { uri, soundtrack, subtitles = [] }, pointer, isText }) => [
    { uri, pointer: isText ? pointer : `${pointer}/uri` },
    ...(soundtrack === undefined ? [] : [{ uri: soundtrack, pointer: `${pointer}/soundtrack` }]),
    ...subtitles.map((file, n) => ({ uri: file.uri, pointer: `${pointer}/subtitles/${n}/uri` })),
  ])
  const further = (request.arguments?.inputs ?? []).map(({ uri }, i) => ({
    uri,
    pointer: `/arguments/inputs/${i}/uri`,
  }))
  const drawn = request.outputs.flatMap(({ video }, i) =>
    video?.watermark === undefined ? [] : [{ uri: video.watermark.uri, pointer: watermarkPointer(i) }],
  )
  return [...inputs, ...further, ...drawn]
}

const watermarkPointer = (i: number) => `/outputs/${i}/video/watermark/uri`

/** The same request with other names of the files. */
export function renameFiles(request: JobRequest, rename: (uri: string, pointer: string) => string): JobRequest {
  const { input, inputs, outputs, arguments: command } = request
  const renamed = (said: string | InputRequest, pointer: string): string | InputRequest => {
    if (typeof said === 'string') return rename(said, pointer)
    const { uri, soundtrack, subtitles } = said
    return {
      ...said,
      uri: rename(uri, `${pointer}/uri`),
      ...(soundtrack !== undefined && { soundtrack: rename(soundtrack, `${pointer}/soundtrack`) }),
      ...(subtitles && {
        subtitles: subtitles.map((file, n) => ({ ...file, uri: rename(file.uri, `${pointer}/subtitles/${n}/uri`) })),
      }),
    }
  }
  return {
    ...request,
    ...(input !== undefined && { input: renamed(input, '/input') }),
    ...(inputs && { inputs: inputs.map((each, i) => renamed(each, `/inputs/${i}`)) }),
    outputs: outputs.map((output, i) => {
      const { video } = output
      if (video?.watermark === undefined) return output
      const watermark = { ...video.watermark, uri: rename(video.watermark.uri, watermarkPointer(i)) }
      return { ...output, video: { ...video, watermark } }
    }),
    ...(command?.inputs && {
      arguments: {
        ...command,
        inputs: command.inputs.map((each, i) => ({ ...each, uri: rename(each.uri, `/arguments/inputs/${i}/uri`) })),
      },
    }),
  }
}
