import type { FileAttacks, Target } from './attack.js'
import { aliasReference, box, FTYP, fullBox, movie, u32, urlReference } from './isobmff.js'
import { aSecond, element, ID, matroska, soundTrack, tracks } from './matroska.js'
import { chunk, riffWave } from './riff.js'

const SILENCE = Buffer.alloc(8_000, 0x80)

/** Sound whose samples are said to be in another file. */
const elsewhere = (dref: Buffer, { secret }: Target) =>
  movie({ samples: Buffer.alloc(0), count: 8_000, offset: secret.soundAt, dref })

const attached = (fileName: string, mediaType: string, data: string) =>
  element(
    ID.attached,
    Buffer.concat([
      element(ID.fileName, fileName),
      element(ID.mediaType, mediaType),
      element(ID.fileUid, 1),
      element(ID.fileData, data),
    ]),
  )

const withAttachment = (fileName: string, mediaType = 'text/plain', data = 'attached') =>
  matroska(tracks(soundTrack()), element(ID.attachments, attached(fileName, mediaType, data)), ...aSecond())

/** A cover that is an address, as ID3v2.3 (§4.15) and FLAC allow: the media type is `-->`. */
function id3Link(url: string): Buffer {
  const picture = Buffer.concat([Buffer.from('\0-->\0\x03\0', 'latin1'), Buffer.from(url)])
  const link = Buffer.from(url)
  const frame = (name: string, body: Buffer) =>
    Buffer.concat([Buffer.from(name), u32(body.length), Buffer.alloc(2), body])
  const frames = Buffer.concat([
    frame('APIC', picture),
    frame('WOAF', link),
    frame('LINK', Buffer.from(`APIC${url}\0`)),
  ])
  const size = Buffer.from([
    (frames.length >> 21) & 127,
    (frames.length >> 14) & 127,
    (frames.length >> 7) & 127,
    frames.length & 127,
  ])
  return Buffer.concat([Buffer.from('ID3\x03\0\0', 'latin1'), size, frames])
}

/** Media that refers to something outside of its file. */
export const REFERENCES: FileAttacks = {
  kind: 'Media that refers to something outside of its file, or wants to be unpacked somewhere',
  attacks: [
    {
      name: 'a MOV whose samples are in another file, by its absolute path (alias)',
      file: 'alias.mov',
      bytes: (target) => elsewhere(aliasReference(target.secret.soundFile), target),
      ends: 'OUTPUT_INVALID',
      careless: ['-enable_drefs', '1', '-use_absolute_path', '1'],
    },
    {
      name: 'a MOV whose samples are in another file, by a path with .. (alias), as .mp4',
      file: 'alias-relative.mp4',
      bytes: (target) => elsewhere(aliasReference(target.fromMedia(target.secret.soundFile)), target),
      ends: 'OUTPUT_INVALID',
    },
    {
      name: 'a MOV whose samples are at an address (url)',
      file: 'url.mov',
      bytes: (target) => elsewhere(urlReference(`http://${target.host}/samples`), target),
      ends: 'INPUT_TRUNCATED',
    },
    {
      name: 'a MOV whose samples are at an address (alias)',
      file: 'alias-http.mov',
      bytes: (target) => elsewhere(aliasReference(`http://${target.host}/samples`), target),
      ends: 'OUTPUT_INVALID',
    },
    {
      name: 'a MOV that sends on to other movies (rmra), beside sound of its own',
      file: 'redirect.mov',
      bytes: ({ host }) => {
        const url = Buffer.from(`rtsp://${host}/a.mov\0`)
        const rdrf = fullBox('rdrf', 0, Buffer.from('url '), u32(url.length), url)
        return movie({ more: box('rmra', box('rmda', rdrf)) })
      },
      ends: 'completed',
    },
    {
      name: 'a MOV that only sends on to other movies (rmra)',
      file: 'redirect-only.mov',
      bytes: ({ host }) => {
        const url = Buffer.from(`http://${host}/a.mov\0`)
        const rdrf = fullBox('rdrf', 0, Buffer.from('url '), u32(url.length), url)
        return Buffer.concat([FTYP, box('moov', box('rmra', box('rmda', rdrf)))])
      },
      ends: 'NOT_MEDIA',
    },
    {
      name: 'a Matroska with an attachment named ../../x',
      file: 'attached-dots.mkv',
      bytes: () => withAttachment('../../attached.txt'),
      ends: 'completed',
    },
    {
      name: 'a Matroska with an attachment of an absolute name',
      file: 'attached-absolute.mkv',
      bytes: ({ secret }) => withAttachment(secret.textFile),
      ends: 'completed',
    },
    {
      name: 'a Matroska with an attached font of an absolute name',
      file: 'attached-font.mkv',
      bytes: ({ secret }) => withAttachment(secret.textFile, 'application/x-truetype-font'),
      ends: 'completed',
    },
    {
      name: 'a Matroska with an attached playlist of an address',
      file: 'attached-hls.mkv',
      bytes: ({ host }) =>
        withAttachment('cover.jpg', 'image/jpeg', `#EXTM3U\n#EXTINF:9,\nhttp://${host}/a.ts\n#EXT-X-ENDLIST\n`),
      ends: 'completed',
    },
    {
      name: 'a Matroska that goes on in another file (segment linking)',
      file: 'linked.mkv',
      bytes: ({ secret }) =>
        matroska(
          element(
            ID.info,
            Buffer.concat([element(ID.nextUid, Buffer.alloc(16, 1)), element(0x3e83bb, secret.soundFile)]),
          ),
          tracks(soundTrack()),
          ...aSecond(),
        ),
      ends: 'completed',
    },
    {
      name: 'an mp3 tag whose cover is an address, before sound',
      file: 'cover-link.wav',
      bytes: ({ host }) => riffWave(SILENCE, { more: chunk('id3 ', id3Link(`http://${host}/cover.png`)) }),
      ends: 'completed',
    },
    {
      name: 'a FLAC whose cover is a file outside',
      file: 'cover-link.flac',
      bytes: ({ secret }) => {
        const url = Buffer.from(`file://${secret.textFile}`)
        const picture = Buffer.concat([u32(3, 3), Buffer.from('-->'), u32(0, 0, 0, 0, 0, url.length), url])
        const info = Buffer.from(`100010000000000000000ac440f000000000${'00'.repeat(16)}`, 'hex')
        const block = (type: number, body: Buffer) => Buffer.concat([u32(((type << 24) + body.length) >>> 0), body])
        return Buffer.concat([Buffer.from('fLaC'), block(0, info), block(0x86, picture)])
      },
      ends: 'NO_AUDIO_STREAM',
    },
  ],
}
