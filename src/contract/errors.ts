/** What the registry says of a code. */
export type ErrorSpec = {
  /** What a person reads first. */
  readonly title: string
  /** HTTP status when a request is refused with it; null for codes that only a job ends with, or only the command line. */
  readonly status: number | null
  /** May end an attempt of a job. */
  readonly job: boolean
  /** Another attempt may succeed without anybody changing anything. */
  readonly retryable: boolean
  /** The way out, in one sentence. */
  readonly hint: string
}

const request = (status: number, title: string, hint: string, job = false): ErrorSpec => ({
  title,
  status,
  job,
  retryable: false,
  hint,
})
/** What the command line tells of itself, before or beside any server. */
const local = (title: string, hint: string): ErrorSpec => ({ title, status: null, job: false, retryable: false, hint })
const final = (title: string, hint: string): ErrorSpec => ({ title, status: null, job: true, retryable: false, hint })
const retried = (title: string, hint: string): ErrorSpec => ({ title, status: null, job: true, retryable: true, hint })

/** Of the store of outputs: the operator mends it, and then another attempt succeeds. */
const stored = (title: string, hint: string): ErrorSpec => ({ ...request(503, title, hint, true), retryable: true })

/**
 * Every error code ffleet can answer with. A code is never reused for another meaning; `docs/reference/errors.md` is
 * generated from this table and a test keeps them equal.
 */
export const ERRORS = {
  INVALID_REQUEST: request(
    422,
    'The request is not valid',
    'Correct the fields that `errors` points at and send it again.',
  ),
  PATH_OUTSIDE_ROOT: request(
    422,
    'The path leaves its root folder',
    'Use a path relative to the media or output root, without `..`.',
    true,
  ),
  NOT_A_REGULAR_FILE: request(
    422,
    'The input is not a regular file',
    'Name a file; folders, devices, sockets and pipes are not read.',
    true,
  ),
  INPUT_NOT_FOUND: {
    ...request(422, 'The input does not exist', 'Check the path; it is relative to the media root.', true),
    // It was there when the job came: another worker may see it.
    retryable: true,
  },
  INPUT_NOT_READABLE: request(
    422,
    'The input may not be read',
    'Let the user that ffleet runs as read the file and its folders.',
    true,
  ),
  SCHEME_NOT_ALLOWED: request(
    422,
    'The input scheme is not allowed',
    'Use a path relative to the media root, a URL with https:// or http://, or an object of a bucket that is allowed.',
  ),
  URL_NOT_PUBLIC: request(
    422,
    'The URL does not lead to a public address',
    'Use a URL that resolves to a public address.',
    true,
  ),
  PRESET_NOT_FOUND: request(422, 'There is no preset of that name', 'GET /v1/presets lists all of them.'),
  PREDECESSOR_NOT_FOUND: request(
    422,
    'There is no job of that id to follow',
    'Check the ids in `after` and in `job:` inputs; finished jobs are removed after their retention.',
  ),
  PREDECESSOR_FAILED: request(
    409,
    'A job that this one follows did not complete',
    'Retry that job first, and this one when it waits, runs or has completed.',
    true,
  ),
  ARGUMENTS_NOT_ACCEPTED: request(
    403,
    "ffmpeg's own arguments are not accepted",
    'Name a preset; or let the operator set FFLEET_ARGUMENTS=on, and use a key that was made with --arguments.',
  ),
  ARGUMENT_NOT_ALLOWED: request(
    422,
    'An argument is not on the list of those that are let through',
    'Leave it out, or choose a preset; `docs/reference/arguments.md` has the list.',
    true,
  ),
  UNAUTHENTICATED: request(401, 'Credentials are missing or wrong', 'Send a valid API key or watch token.'),
  FORBIDDEN: request(403, 'This is not allowed from here', 'Use a local address, or a key whose role allows it.'),
  NOT_FOUND: request(
    404,
    'There is nothing at this address',
    'Check the id; finished jobs are removed after their retention.',
  ),
  METHOD_NOT_ALLOWED: request(405, 'The method is not allowed here', 'GET /openapi.json lists what each route takes.'),
  JOB_ALREADY_FINISHED: request(409, 'The job has already finished', 'Nothing needs to be done.'),
  JOB_NOT_RETRYABLE: request(
    409,
    'Only a failed or cancelled job can be retried',
    'Wait for the job to end, or submit a new one.',
  ),
  JOB_NOT_FINISHED: request(409, 'The job has not finished', 'Wait for its end, or cancel it first.'),
  IDEMPOTENCY_KEY_REUSED: request(
    422,
    'The idempotency key was used for another request',
    'Use a new Idempotency-Key for a new request.',
  ),
  UPLOAD_CONFLICT: request(
    409,
    'The upload is not where the request says',
    'Ask for `Upload-Offset` with HEAD, and go on from there.',
  ),
  UPLOAD_LOCKED: request(423, 'Somebody else sends this upload now', 'Try again in a moment.'),
  UPLOAD_IN_USE: request(409, 'A job that has not ended reads the upload', 'Cancel the job, or wait for its end.'),
  CHECKSUM_MISMATCH: request(460, 'What came is not what was sent', 'Send the file again.'),
  OUTPUT_EXISTS: request(
    409,
    'Something is at the path of an output already',
    'Choose another path, or set `onExists` of the output to `replace` or `rename`.',
    true,
  ),
  OUTPUT_REPLACED: request(
    410,
    'What the job made is not at its path any more',
    'Submit the job again to another path.',
  ),
  OUTPUT_WITHDRAWN: request(
    410,
    'What could be played early is there no more',
    'Get the job again: it says since when its outputs can be played, and where.',
  ),
  PAYLOAD_TOO_LARGE: request(413, 'The request body is too large', 'Send a smaller body.'),
  RATE_LIMITED: request(429, 'Too many requests', 'Wait for the time in Retry-After.'),
  QUOTA_EXCEEDED: request(
    429,
    'The tenant has as much as it may have',
    'Wait for jobs to end or cancel some, remove jobs whose outputs are not needed, or ask the operator for more.',
  ),
  QUEUE_UNAVAILABLE: request(
    503,
    'The queue cannot be reached',
    'Try again after the time in Retry-After; use an Idempotency-Key to be safe.',
  ),
  BUCKET_UNAVAILABLE: stored(
    'The bucket of the outputs does not answer',
    'Try again later; look at the status of the store and at FFLEET_S3_ENDPOINT.',
  ),
  BUCKET_NOT_FOUND: stored(
    'There is no such bucket',
    'Create the bucket that FFLEET_OUTPUT_ROOT, FFLEET_MEDIA_ROOT, FFLEET_REPORT_ROOT or the input names, or correct that, FFLEET_S3_REGION and FFLEET_S3_ENDPOINT.',
  ),
  BUCKET_ACCESS_DENIED: stored(
    'The bucket refuses access',
    'Give the credentials the rights that docs/guides/object-store.md lists.',
  ),
  BUCKET_CREDENTIALS_EXPIRED: stored(
    'The credentials for the bucket have expired',
    'Renew them where AWS_PROFILE, the variables AWS_* or the role of the host take them from, and start the process anew.',
  ),
  BUCKET_CLOCK_SKEWED: stored(
    'The clock of the host is wrong for the bucket of the outputs',
    'Set the clock of that host, best by NTP.',
  ),
  STORE_UNAVAILABLE: retried(
    'The API that keeps the files does not answer',
    'Look whether the worker reaches the API at FFLEET_URL; it tries again by itself.',
  ),
  STORE_REFUSED: retried(
    'The API that keeps the files refuses the worker',
    'Give the worker a key with the role `worker` in FFLEET_API_KEY, and the same version of ffleet as the API.',
  ),
  STORAGE_FULL: request(507, 'There is no space left for this', 'Free space on the data or output folder.'),
  HOOK_FAILED: retried(
    'A hook of the service that runs the worker failed',
    'The log of that service says what failed; once it is mended, retry the job.',
  ),
  REFUSED_BY_HOOK: final(
    'The service that runs the worker refused the job',
    'What it says tells why; change the job and submit it again.',
  ),
  INTERNAL_ERROR: request(
    500,
    'Something in ffleet went wrong',
    'The log of the API has the details under the same request id.',
    true,
  ),

  WRONG_COMMAND_LINE: local('The command line is not valid', '`ffleet COMMAND --help` shows what it takes.'),
  SETTING_INVALID: local('A setting is not valid', 'Correct the variable; `ffleet doctor` looks at all of them.'),
  SERVER_UNREACHABLE: local(
    'No ffleet server answers',
    'Start one with `ffleet up`, or name another with --server or FFLEET_URL.',
  ),
  COMMAND_FAILED: local('The command could not be carried out', 'Read what it says.'),

  NOT_MEDIA: final(
    'The input is not media that can be read',
    'Check that the file is a video, audio or picture file and is not empty.',
  ),
  UNSUPPORTED_CONTAINER: final(
    'The container format is not accepted',
    'Convert the file to a common container such as MP4, Matroska or WebM.',
  ),
  CODEC_NOT_ALLOWED: final(
    'A codec of the input is not accepted for this output',
    'Choose a preset that encodes instead of copying.',
  ),
  NO_VIDEO_STREAM: final(
    'The input has no video',
    'Use an audio preset, or send a file with video (cover art does not count).',
  ),
  TRACK_NOT_FOUND: final(
    'A track that was asked for is not in the input',
    'Name a language or an index that the input has.',
  ),
  SUBTITLES_NOT_READABLE: final('Subtitles cannot be read', 'Save them as SubRip, WebVTT or ASS, in UTF-8.'),
  NO_AUDIO_STREAM: final('The input has no audio', 'Use a video preset, or send a file with audio.'),
  INPUT_ENCRYPTED: final(
    'The input is encrypted (DRM)',
    'Send a file without copy protection; ffleet has no key for it.',
  ),
  INPUT_TRUNCATED: final(
    'The input ends before it should',
    'Send the whole file; the upload or copy was probably cut off.',
  ),
  INPUT_TOO_LARGE: final('The input has too many bytes', 'Send a smaller file or raise FFLEET_MAX_INPUT_BYTES.'),
  DIMENSIONS_TOO_LARGE: final('The picture has too many pixels', 'Send a smaller picture or raise FFLEET_MAX_PIXELS.'),
  TOO_MANY_STREAMS: final('The input has too many streams', 'Send a file with fewer or raise FFLEET_MAX_STREAMS.'),
  FRAME_RATE_TOO_HIGH: final(
    'The video has too many frames a second',
    'Send a video of a lower frame rate or raise FFLEET_MAX_FRAME_RATE.',
  ),
  ATTACHMENTS_TOO_LARGE: final(
    'The input has too many or too large attachments',
    'Take fonts and pictures out of the file, or raise FFLEET_MAX_ATTACHMENTS and FFLEET_MAX_ATTACHMENT_BYTES.',
  ),
  DURATION_TOO_LONG: final('The input runs too long', 'Cut it with startMs and endMs or raise FFLEET_MAX_DURATION_MS.'),
  MEDIA_ROOT_UNAVAILABLE: retried(
    'A worker does not see the media',
    'Mount the media root of the fleet on that worker, or correct its FFLEET_MEDIA_ROOT.',
  ),
  RANGE_OUTSIDE_INPUT: final(
    'The part that was asked for is not in the input',
    'Submit the job again with a startMs before the end of the input.',
  ),
  TOO_MANY_PICTURES: final(
    'The output would have too many pictures',
    'Ask for a part of the input by startMs and endMs, for fewer pictures a second (video.maxFrameRate), or for a smaller size.',
  ),
  CHANNEL_NOT_IN_INPUT: final(
    'A channel that was asked for is not in the input',
    'Submit the job again without channelMap, or with channels of the input; the first is 0.',
  ),
  CROP_OUTSIDE_PICTURE: final(
    'The area to crop to is not in the picture',
    'Choose an area inside of the picture; `ffleet probe FILE` shows its size.',
  ),
  WATERMARK_NOT_A_PICTURE: final(
    'The watermark is not a picture that can be read',
    'Name a PNG, JPEG, WebP, BMP, TIFF or GIF file in `video.watermark.uri`.',
  ),
  LETTERS_NOT_IN_FONT: request(
    422,
    'The font lacks letters of the text that is to be drawn',
    'Leave them out of `video.text.template`, or let the operator name a font that has them in FFLEET_FONT.',
    true,
  ),
  SIZE_NOT_REACHABLE: final(
    'The output can not be made as small as it was to be',
    'Allow more bytes, or ask for a smaller picture, fewer bits of sound, another codec, or a part of the input.',
  ),
  ENCODER_NOT_AVAILABLE: final(
    'ffmpeg on this worker lacks the encoder',
    'Install an ffmpeg with the encoder, or choose another preset.',
  ),
  FILTER_NOT_AVAILABLE: final(
    'ffmpeg on this worker lacks a filter',
    'Install an ffmpeg with the filter, or leave out what needs it.',
  ),
  ENCODER_FAILED: final('ffmpeg failed', 'Read the log lines in the report.'),
  OUTPUT_INVALID: final(
    'The output did not pass verification',
    'Compare the probe of the input with the log in the report.',
  ),
  OUTPUT_NOT_WRITABLE: request(
    422,
    'The output cannot be written at its path',
    'Check that the path is no folder and that its folder may be written.',
    true,
  ),
  POISONED: final(
    'The job ended its worker again and again',
    'Look at the input: it crashes or exhausts what runs it.',
  ),

  ENCODER_KILLED: retried('ffmpeg was killed from outside', 'Look at the system log of the worker host.'),
  HARDWARE_FAILED: retried(
    'The hardware encoder that was asked for failed',
    'Look at the log of the attempt; with `encoder: auto` the output would be made in software.',
  ),
  OUT_OF_MEMORY: retried('ffmpeg ran out of memory', 'Give the worker more memory or fewer slots.'),
  DISK_FULL: retried('The disk of the worker is full', 'Free space in the output and data folders.'),
  STALLED: retried('ffmpeg ran but did not advance', 'Look at the last log lines; the input may hang the decoder.'),
  TIMED_OUT: retried('The attempt took longer than its limit', 'Raise timeoutMs or use a faster preset.'),
  WORKER_LOST: retried('The worker was lost', 'Look at the worker host; the job was taken over.'),
  INPUT_CHANGED: retried(
    'The input was replaced while the job looked at it',
    'Leave the file in place until the job has ended.',
  ),
  FETCH_REFUSED: final(
    'The server of an input does not give it out',
    'Check that the URL can be opened without signing in, and sign it anew if it has expired; then submit the job again.',
  ),
  FETCH_FAILED: retried('The input could not be fetched', 'Check that the source can be reached from the worker.'),
} as const satisfies Record<string, ErrorSpec>

export type ErrorCode = keyof typeof ERRORS
/** All codes, in the order of the registry. */
export const ERROR_CODES = Object.keys(ERRORS) as ErrorCode[]

/** The registry's entry of a code. */
export function errorSpec(code: ErrorCode): ErrorSpec {
  return ERRORS[code]
}

/** A field of a request that is at fault: RFC 6901 pointer and what is wrong with it. */
export type FieldError = { pointer: string; detail: string }

/**
 * The one error class that carries a registry code. `detail` reaches the person who sent the job: no host path, no
 * secret. What only an operator may see goes into `cause`.
 */
export class FfleetError extends Error {
  override readonly name = 'FfleetError'
  readonly code: ErrorCode
  readonly errors: FieldError[]
  /** Overrides the registry's hint. */
  readonly hint: string

  constructor(
    code: ErrorCode,
    detail: string,
    options: { cause?: unknown; errors?: FieldError[]; hint?: string } = {},
  ) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.errors = options.errors ?? []
    this.hint = options.hint ?? ERRORS[code].hint
  }

  get retryable(): boolean {
    return ERRORS[this.code].retryable
  }
}
