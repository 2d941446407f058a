/**
 * The codecs of inputs that are read, by ffmpeg's names, and why each is. ffmpeg knows some five hundred, most of them of one
 * game, one programme of the nineties or one laboratory: hardly anybody has such a file, hardly anybody looks for faults in
 * their decoders, and a stranger's file may name any of them.
 *
 * `codec:decoder,decoder` where decoders have other names than their codec. Named are the ones that ffmpeg takes by itself,
 * in all versions and builds; one that a version lacks does no harm.
 */
const READ: readonly { why: string; codecs: string }[] = [
  {
    why: 'What video is delivered in',
    codecs:
      'h264 hevc vvc:vvc,libvvdec vp8:vp8,libvpx vp9:vp9,libvpx-vp9 av1:libdav1d,libaom-av1,libgav1,av1 mpeg4 ' +
      'mpeg2video:mpeg2video,mpegvideo mpeg1video:mpeg1video,mpegvideo theora dirac avs2:libdavs2 avs3:libuavs3d cavs',
  },
  {
    why: 'What video was delivered in, in files that people still have',
    codecs:
      'h261 h263 h263p h263i flv1:flv vp3 vp4 vp5 vp6 vp6a vp6f vp7 msmpeg4v1 msmpeg4v2 msmpeg4v3:msmpeg4 wmv1 wmv2 wmv3 ' +
      'wmv3image vc1 vc1image rv10 rv20 rv30 rv40 svq1 svq3 indeo2 indeo3 indeo4 indeo5 cinepak msvideo1 msrle rpza smc ' +
      'qtrle 8bps cyuv mszh zlib asv1 asv2 amv',
  },
  {
    why: 'What cameras write and what films are edited in',
    codecs:
      'dvvideo mjpeg mjpegb ljpeg sp5x mxpeg jpeg2000:jpeg2000,libopenjpeg jpegls prores prores_raw dnxhd cfhd apv ffv1 ' +
      'ffvhuff huffyuv hymt utvideo lagarith magicyuv rawvideo v210 v210x v308 v408 v410 r10k r210 y41p yuv4 ayuv 012v ' +
      'hap dxv aic pixlet notchlc speedhq hq_hqa hqx cllc sheervideo avrn avrp avui avs',
  },
  {
    why: 'What screens are recorded in',
    codecs: 'fraps tscc:camtasia tscc2 cscd:camstudio zmbv flashsv flashsv2 g2m mss1 mss2 dxtory screenpresso vmnc',
  },
  { why: 'Pictures, and films of them', codecs: 'png apng gif webp tiff bmp targa' },
  {
    why: 'What sound is delivered in',
    codecs:
      'aac:aac,aac_fixed,libfdk_aac aac_latm mp1:mp1float,mp1 mp2:mp2float,mp2 mp3:mp3float,mp3 mp3adu:mp3adufloat,mp3adu ' +
      'mp3on4:mp3on4float,mp3on4 ac3:ac3,ac3_fixed eac3 ac4 dts:dca,libdcadec truehd mlp opus:opus,libopus ' +
      'vorbis:vorbis,libvorbis flac alac mp4als:als wavpack tta ape tak shorten musepack7:mpc7 musepack8:mpc8 wmav1 wmav2 ' +
      'wmapro wmalossless wmavoice cook ra_144:real_144 ra_288:real_288 sipr ralf atrac1 atrac3 atrac3al ' +
      'atrac3p:atrac3plus atrac3pal:atrac3plusal qdm2 qdmc mace3 mace6 imc iac nellymoser truespeech dolby_e s302m dvaudio ' +
      'dsd_lsbf dsd_msbf dsd_lsbf_planar dsd_msbf_planar dst',
  },
  {
    why: 'Speech, by telephone and dictation',
    codecs:
      'amr_nb:amrnb,libopencore_amrnb amr_wb:amrwb,libopencore_amrwb speex:speex,libspeex gsm:gsm,libgsm ' +
      'gsm_ms:gsm_ms,libgsm_ms ilbc:ilbc,libilbc qcelp evrc g723_1 g729 adpcm_g722:g722 adpcm_g726:g726 adpcm_g726le:g726le',
  },
  {
    why: 'Samples, plain or hardly packed, as recorders and editors write them',
    codecs:
      'pcm_alaw pcm_mulaw pcm_u8 pcm_s8 pcm_s8_planar pcm_u16le pcm_u16be pcm_s16le pcm_s16be pcm_s16le_planar ' +
      'pcm_s16be_planar pcm_u24le pcm_u24be pcm_s24le pcm_s24be pcm_s24le_planar pcm_s24daud pcm_u32le pcm_u32be pcm_s32le ' +
      'pcm_s32be pcm_s32le_planar pcm_s64le pcm_s64be pcm_f16le pcm_f24le pcm_f32le pcm_f32be pcm_f64le pcm_f64be ' +
      'pcm_bluray pcm_dvd adpcm_ima_wav adpcm_ima_qt adpcm_ms adpcm_swf adpcm_yamaha adpcm_ct adpcm_sbpro_2 adpcm_sbpro_3 ' +
      'adpcm_sbpro_4 adpcm_ima_dk3 adpcm_ima_dk4 adpcm_ima_amv',
  },
  {
    why: 'Subtitles beside a film: ffmpeg looks at their headers, whether they are used or not',
    codecs:
      'subrip:srt,subrip ass:ssa,ass mov_text webvtt text dvd_subtitle:dvdsub dvb_subtitle:dvbsub ' +
      'hdmv_pgs_subtitle:pgssub xsub dvb_teletext:libzvbi_teletextdec eia_608:cc_dec arib_caption:libaribcaption,libaribb24',
  },
]

const DECODERS = new Map(
  READ.flatMap(({ codecs }) => codecs.split(' ')).map((entry) => {
    const [codec, decoders = codec] = entry.split(':')
    return [codec!, decoders!.split(',')] as const
  }),
)

/** Whether streams of a codec, by ffmpeg's name, are read; `more`: what an operator accepts besides. */
export function isReadCodec(codec: string, more: readonly string[] = []): boolean {
  return DECODERS.has(codec) || more.includes(codec)
}

/** For `-codec_whitelist`, in front of every `-i`, of ffmpeg and of ffprobe. */
export function codecWhitelist(more: readonly string[] = []): string {
  return [...new Set([...DECODERS.values()].flat()), ...more].join(',')
}

/** The table for people: why, and the codecs. */
export const READ_CODECS: readonly { why: string; codecs: readonly string[] }[] = READ.map(({ why, codecs }) => ({
  why,
  codecs: codecs.split(' ').map((entry) => entry.split(':')[0]!),
}))

/** The decoders that `-codec_whitelist` kept from being opened, by ffmpeg's log (libavcodec/avcodec.c). */
export function refusedDecoders(log: string): string[] {
  return [...new Set([...log.matchAll(/Codec \((\S+)\) not on whitelist/g)].map(([, name]) => name!))]
}
