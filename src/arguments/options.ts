/** The options that arguments may hold, and what each takes; whatever is not here is refused. */
import { CONTAINER, ENCODER } from './codecs.js'
import {
  AMOUNT,
  BITSTREAM,
  FLAGS,
  INDEX,
  KEY_FRAMES,
  MAP,
  METADATA,
  NUMBER,
  PARAMETERS,
  RATE,
  RATIO,
  SIZE,
  SYNTAX,
  TIME,
  type ValueKind,
  WORD,
} from './values.js'

export type Place = 'input' | 'output'
/** `none`: it stands alone. `graph`: a filter graph, which is read by itself. */
export type Takes = ValueKind | 'none' | 'graph'
export type OptionRule = { name: string; places: readonly Place[]; takes: Takes }
export type OptionGroup = { title: string; reason: string; options: readonly OptionRule[] }

type Row = [names: string, takes: Takes]

export const OPTION_GROUPS: readonly OptionGroup[] = [
  group(
    'Where an input begins and ends',
    'Times and counts.',
    ['input'],
    [
      ['ss sseof t to itsoffset itsscale', TIME],
      ['stream_loop loop thread_queue_size', NUMBER],
      ['r framerate', RATE],
      ['re accurate_seek noaccurate_seek seek_timestamp autorotate noautorotate vn an sn dn', 'none'],
      ['start_number probesize analyzeduration readrate', AMOUNT],
      ['ignore_editlist ignore_loop', NUMBER],
      ['fflags discard', FLAGS],
      // Has to be what the probe finds, which the plan looks at: it opens nothing else.
      ['f', WORD],
    ],
  ),
  group(
    'What of the inputs goes into an output',
    'Numbers of inputs and streams of the same command.',
    ['output'],
    [
      ['map', MAP],
      ['map_metadata map_chapters', INDEX],
      ['vn an sn dn', 'none'],
      ['shortest', 'none'],
      ['ss t to', TIME],
      ['frames vframes aframes dframes', NUMBER],
      ['fs', AMOUNT],
      ['disposition', FLAGS],
      ['metadata', METADATA],
    ],
  ),
  group(
    'Encoders',
    'They run on the processor, and turn frames into packets.',
    ['output'],
    [
      ['c codec vcodec acodec scodec', ENCODER],
      ['b vb ab maxrate minrate bufsize', AMOUNT],
      [
        'q qscale aq crf qp qmin qmax qdiff qcomp qblur bf g keyint_min refs sc_threshold trellis me_range subq',
        NUMBER,
      ],
      [
        'b_strategy i_qfactor b_qfactor i_qoffset cmp subcmp mbd bidir_refine mblmin mblmax lmin lmax rc_init_occupancy',
        NUMBER,
      ],
      ['rc-lookahead aq-mode aq-strength psy b-pyramid weightb weightp 8x8dct fast-pskip mbtree coder ssim_acc', WORD],
      ['preset tune profile level tier quality deadline application usage', WORD],
      [
        'cpu-used speed row-mt tile-columns tile-rows tiles auto-alt-ref lag-in-frames arnr-maxframes arnr-strength',
        WORD,
      ],
      [
        'static-thresh drop-threshold max-intra-rate undershoot-pct overshoot-pct noise-sensitivity error-resilient',
        NUMBER,
      ],
      ['frame-parallel aq_mode enable-cdef enable-global-motion usage lossless joint_stereo reservoir abr', WORD],
      [
        'compression_level frame_duration packet_loss fec vbr cutoff mapping_family dialnorm lpc_type prediction_order_method',
        WORD,
      ],
      ['x264-params x264opts x265-params', PARAMETERS],
      ['force_key_frames', KEY_FRAMES],
      ['tag vtag atag stag vendor', WORD],
      ['strict threads slices', WORD],
      ['flags flags2 me_method motion-est forced-idr a53cc nal-hrd mpv_flags partitions', FLAGS],
      ['bits_per_mb quant_mat pred context dpi huffman', WORD],
      ['bsf vbsf absf', BITSTREAM],
    ],
  ),
  group(
    'Pictures',
    'Numbers, and words that ffmpeg has.',
    ['output'],
    [
      ['r', RATE],
      ['s', SIZE],
      ['aspect', RATIO],
      ['pix_fmt color_primaries color_trc colorspace color_range chroma_sample_location field_order top', WORD],
      ['vsync fps_mode', WORD],
      ['sws_flags', FLAGS],
      ['autorotate noautorotate', 'none'],
    ],
  ),
  group(
    'Sound',
    'Numbers, and words that ffmpeg has.',
    ['output'],
    [
      ['ac ar vol', NUMBER],
      ['sample_fmt', WORD],
      ['channel_layout ch_layout', SYNTAX],
      ['async apad_dur', NUMBER],
    ],
  ),
  group('Filters', 'A graph, of which every filter and option is looked at.', ['output'], [['filter vf af', 'graph']]),
  group(
    'Containers',
    'One file, and how it is laid out.',
    ['output'],
    [
      ['f', CONTAINER],
      ['movflags fflags flvflags mpegts_flags', FLAGS],
      ['brand video_track_timescale frag_duration min_frag_duration frag_size write_tmcd use_editlist', WORD],
      ['id3v2_version write_id3v1 write_xing write_id3v2 write_bext', NUMBER],
      [
        'avoid_negative_ts muxdelay muxpreload muxrate packetsize max_muxing_queue_size max_interleave_delta flush_packets',
        WORD,
      ],
      ['loop final_delay plays update cluster_time_limit cluster_size_limit reserve_index_space default_mode', WORD],
      ['page_duration serial_offset mpegts_service_id mpegts_pmt_start_pid mpegts_start_pid rf64', NUMBER],
      ['copyts start_at_zero copyinkf bitexact', 'none'],
      ['copytb', NUMBER],
    ],
  ),
]

/** Why options are refused that people ask for. */
export const REFUSED_OPTIONS: Record<string, string> = {
  i: 'each input has a place of its own in the request',
  filter_script: 'it opens a file by name; give the graph itself',
  filter_complex_script: 'it opens a file by name; give the graph itself',
  filter_complex: 'the graph over all inputs has a place of its own: `arguments.filter`',
  lavfi: 'the graph over all inputs has a place of its own: `arguments.filter`',
  attach: 'it opens a file by name',
  dump_attachment: 'it writes files by name',
  passlogfile: 'it writes and opens files by name; the preset h264-720p-2pass encodes in two passes',
  pass: 'its two runs share a file; the preset h264-720p-2pass encodes in two passes',
  stats: 'it writes a file by name',
  vstats: 'it writes a file; the report of the job has every figure',
  vstats_file: 'it writes a file by name; the report of the job has every figure',
  report: 'it writes a file; the log of the job has all of it',
  progress: 'it sends to any address; the events of the job tell progress',
  sdp_file: 'it writes a file by name',
  init_hw_device: 'it opens a device, of which it is not known who has one',
  filter_hw_device: 'it opens a device, of which it is not known who has one',
  hwaccel: 'it opens a device, of which it is not known who has one',
  hwaccel_device: 'it opens a device, of which it is not known who has one',
  hls_segment_filename: 'it writes files by name',
  vpre: 'it opens a file by name; give the options themselves',
  apre: 'it opens a file by name; give the options themselves',
  fpre: 'it opens a file by name; give the options themselves',
  pre: 'it opens a file by name; give the options themselves',
  protocol_whitelist: 'what an input may lead to is said by ffleet',
  format_whitelist: 'what an input may lead to is said by ffleet',
  safe: 'it lets a list open any file; give each as an input, with the concat filter',
  pattern_type: 'a pattern is many files; give each as an input',
  target: 'it stands for a list of options; give those',
  key: 'it holds a secret, and everything here stands in the report',
  decryption_key: 'it holds a secret, and everything here stands in the report',
}

const RULES: Record<Place, Map<string, OptionRule>> = { input: rulesOf('input'), output: rulesOf('output') }

/** Undefined for an option that is not let through there. `name` without dash and stream. */
export function optionRule(place: Place, name: string): OptionRule | undefined {
  return RULES[place].get(name)
}

function rulesOf(place: Place): Map<string, OptionRule> {
  const all = OPTION_GROUPS.flatMap(({ options }) => options).filter(({ places }) => places.includes(place))
  return new Map(all.map((rule) => [rule.name, rule]))
}

function group(title: string, reason: string, places: readonly Place[], rows: readonly Row[]): OptionGroup {
  const options = rows.flatMap(([names, takes]) => names.split(' ').map((name) => ({ name, places, takes })))
  return { title, reason, options }
}
