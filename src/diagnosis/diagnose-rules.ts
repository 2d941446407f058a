import type { ErrorCode } from '../contract/index.js'
import { PICTURE_TOO_LARGE, TOO_MANY_STREAMS } from '../ffmpeg/own-limits.js'

/** What a line of ffmpeg's log means. */
export type DiagnosisRule = {
  code: ErrorCode
  /** Tried on every line, without level and address. `$1` … in `detail` and `hint` are its groups. */
  line: RegExp
  /** What it means to the person who sent the job; the line itself is put behind it. */
  detail: string
  /** In place of the registry's hint. */
  hint?: string
  /** The rule holds only if some line matches this too. */
  besides?: RegExp
  /** The rule does not hold if some line matches this. */
  unless?: RegExp
  /** The rule holds only if ffmpeg was given this option. */
  asked?: string
}

/** What a file that could not be opened or written means, by the reason that the system gave. */
export type FileRule = Omit<DiagnosisRule, 'line' | 'besides' | 'unless' | 'asked'> & { reason: RegExp }

/** The disk. It shows in the log alone: up to 5.1 ffmpeg can end with exit code 0 and a broken file after it. */
export const DISK_FULL_RULE: DiagnosisRule = {
  code: 'DISK_FULL',
  line: /No space left on device|Disk quota exceeded/,
  detail: 'ffmpeg ran out of disk space',
}

/** Older versions have no such line, only exit code 69. */
export const UNDECODABLE_RULE: DiagnosisRule = {
  code: 'ENCODER_FAILED',
  line: /Decode error rate \S+ exceeds maximum/,
  detail: 'Most of the input could not be decoded',
  hint: 'The file is damaged, or this version of ffmpeg does not know its like; a sound copy or another version may do.',
}

export const OUT_OF_MEMORY_RULE: DiagnosisRule = {
  code: 'OUT_OF_MEMORY',
  line: /Cannot allocate memory|std::bad_alloc|^x26[45] \[error\]: malloc of size \d+ failed|\bOut of memory\b/,
  detail: 'ffmpeg asked for more memory than it may have',
}

const NOT_OPENED = /^Error opening input|: Invalid data found when processing input$/

/** In this order; the first rule with a matching line gives the diagnosis. */
export const LINE_RULES: readonly DiagnosisRule[] = [
  {
    code: 'DIMENSIONS_TOO_LARGE',
    line: PICTURE_TOO_LARGE,
    detail: 'The picture is too large',
  },
  {
    code: 'TOO_MANY_STREAMS',
    line: TOO_MANY_STREAMS,
    detail: 'The input has more than $1 streams, all that ffmpeg reads',
  },
  OUT_OF_MEMORY_RULE,
  { code: 'ENCODER_NOT_AVAILABLE', line: /Unknown encoder '([^']*)'/, detail: 'ffmpeg has no encoder $1' },
  {
    code: 'ENCODER_NOT_AVAILABLE',
    line: /Automatic encoder selection failed|Default encoder for format \S+ \(codec (\S+)\) is probably disabled|: Encoder not found$/,
    detail: 'ffmpeg has no encoder for this output',
  },
  {
    code: 'ENCODER_NOT_AVAILABLE',
    line: /Cannot load (?:libcuda|libnvidia-encode|nvcuda|nvEncodeAPI)|No (?:NVENC )?capable devices found|No VA display found|Failed to initiali[sz]e VAAPI|Error (?:initializing|creating) (?:an internal |a )?MFX session|Driver does not support the required nvenc API|DLL amfrt\d+\.dll failed to open|Device creation failed/,
    detail: 'The hardware encoder cannot be used on this worker',
    hint: 'Choose a preset that encodes in software, or give the worker the device and its driver.',
  },
  {
    code: 'UNSUPPORTED_CONTAINER',
    line: /Format not on whitelist/,
    detail: 'The file is of a format that is not read here',
  },
  {
    code: 'UNSUPPORTED_CONTAINER',
    line: /Protocol '([^']*)' not on whitelist|Unsafe file name|is not in allowed_(?:segment_)?extensions|URL .* is not in allowed/,
    detail: 'The file is a list that refers to other files or addresses, which are not followed',
    hint: 'Send the media itself instead of a playlist.',
  },
  {
    code: 'CODEC_NOT_ALLOWED',
    line: /Codec \((\S+)\) not on whitelist/,
    detail: 'The codec $1 is not decoded here',
    hint: 'Convert the file to a common codec such as H.264 and AAC first.',
  },
  {
    code: 'CODEC_NOT_ALLOWED',
    line: /Unknown decoder '([^']*)'|no decoder found for: (\S+)|Decoder \(codec (\S+)\) not found/,
    detail: 'ffmpeg on this worker cannot decode the input',
    hint: 'Convert the file to a common codec such as H.264 and AAC first.',
  },
  {
    code: 'CODEC_NOT_ALLOWED',
    line: /codec not currently supported in container|Only VP8 or VP9 or AV1 video|codec (\S+) (?:is )?not supported in this (?:container|format)|Unsupported (?:audio|video) codec for/i,
    detail: 'The container of the output cannot hold this codec',
  },
  {
    code: 'NO_AUDIO_STREAM',
    line: /Stream map '\d*:?a[^']*' matches no streams/,
    detail: 'The output needs audio and the input has none',
  },
  {
    code: 'NO_VIDEO_STREAM',
    line: /Stream map '\d*:?[vV][^']*' matches no streams/,
    detail: 'The output needs video and the input has none',
  },
  {
    code: 'OUTPUT_NOT_WRITABLE',
    line: /^File '.*' already exists\. (?:Exiting|Overwrite)/,
    detail: 'A file of that name is there already',
  },
  {
    code: 'OUTPUT_NOT_WRITABLE',
    line: /Output .* same as Input #\d+|Could not open file : |Failed to open (?:file|segment) '/,
    detail: 'The output could not be opened',
  },
  {
    code: 'NOT_MEDIA',
    line: /misdetection possible!/,
    detail: 'Nothing in the file looks like media, save perhaps its name',
    besides: NOT_OPENED,
  },
  {
    code: 'INPUT_TRUNCATED',
    line: /moov atom not found/,
    detail: 'The index that an MP4 or MOV file needs is missing; it stands at the end of most',
    unless: /misdetection possible!/,
  },
  {
    code: 'INPUT_TRUNCATED',
    line: /: partial file(?: \(×\d+\))?$|File ended prematurely|\[mov,[^\]]*\] Packet corrupt \(stream|Truncating packet of size/,
    detail: 'The file ends in the middle of its media',
  },
  {
    code: 'FETCH_FAILED',
    line: /Server returned (?:4|5)\w\w|HTTP error \d+|Connection to \S+ failed|Failed to resolve hostname|Connection (?:refused|timed out|reset by peer)|Network is unreachable/,
    detail: 'The input could not be read over the network',
  },
  {
    code: 'NOT_MEDIA',
    line: /Cannot determine format of input|Could not find codec parameters for stream \d+ \(Video: \w+, none/,
    detail: 'Nothing of the video could be decoded',
  },
  {
    code: 'OUTPUT_INVALID',
    line: /^Empty output|Output file is empty, nothing was encoded/,
    asked: '-ss',
    detail: 'Nothing was encoded',
    hint: 'startMs may lie behind the end of the input.',
  },
  {
    code: 'OUTPUT_INVALID',
    line: /^Empty output|Output file is empty, nothing was encoded/,
    detail: 'Nothing was encoded',
    hint: 'The streams of the input hold nothing that can be decoded; a sound copy of it may do.',
  },
  UNDECODABLE_RULE,
  {
    code: 'ENCODER_FAILED',
    line: /No such filter: '([^']*)'/,
    detail: 'ffmpeg on this worker has no filter $1',
    hint: 'Install an ffmpeg with the filter, or choose another preset.',
  },
  {
    code: 'ENCODER_FAILED',
    line: /Unrecognized option '([^']*)'/,
    detail: 'ffmpeg on this worker does not know the option -$1',
    hint: 'Its version may be too old or too new; `ffleet doctor` tells which ones fit.',
  },
]

export const INPUT_RULES: readonly FileRule[] = [
  { code: 'INPUT_NOT_FOUND', reason: /^No such file/, detail: 'The input is gone' },
  {
    code: 'INPUT_NOT_READABLE',
    reason: /^(?:Permission denied|Operation not permitted)/,
    detail: 'The input may not be read',
    hint: 'Let the worker read the file and its folder.',
  },
  { code: 'NOT_A_REGULAR_FILE', reason: /^Is a directory/, detail: 'The input is a folder' },
  { code: 'INPUT_TRUNCATED', reason: /^End of file/, detail: 'The file ends before anything could be read' },
  { code: 'NOT_MEDIA', reason: /^Invalid data found/, detail: 'No reader of ffmpeg understands the file' },
]

export const OUTPUT_RULES: readonly FileRule[] = [
  {
    code: 'OUTPUT_NOT_WRITABLE',
    reason:
      /^(?:No such file|Permission denied|Operation not permitted|Read-only file system|Is a directory|Not a directory|File name too long|Text file busy)/,
    detail: 'The output could not be opened',
  },
]
