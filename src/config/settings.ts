/** Every setting of ffleet, one row each; `docs/reference/configuration.md` is generated from this table. */
import { availableParallelism, totalmem } from 'node:os'
import { resolve } from 'node:path'
import { HARDWARE_FAMILIES } from '../contract/index.js'
import {
  address,
  buckets,
  choice,
  choices,
  folderOrBucket,
  hosts,
  integer,
  name,
  names,
  networks,
  path,
  program,
  redisUrl,
  secret,
  url,
} from './kinds.js'
import { basePath, frameAncestors, origins } from './page-kinds.js'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

export const SETTINGS = {
  redisUrl: redisUrl({
    key: 'FFLEET_REDIS_URL',
    default: null,
    defaultText: 'an embedded Redis',
    description:
      'Redis of the fleet: `redis://[user:password@]host[:port][/database]`, `unix:///path[?db=database]`, `redis+sentinel://…/master` or `redis+cluster://…`, with `rediss` for TLS; see [the guide](../guides/redis.md). Fleets that share one Redis have a `?namespace=name` each. Without it `ffleet up` and `ffleet run` start a Redis of their own in the data folder; `ffleet api` and `ffleet worker` need it. `ffleet run` uses it in a namespace of its own, which it removes.',
  }),
  host: address({
    key: 'FFLEET_HOST',
    default: '127.0.0.1',
    description: 'Address the API listens on. One that others can reach needs FFLEET_KEYS_FILE.',
  }),
  port: integer({
    key: 'FFLEET_PORT',
    default: 4280,
    min: 0,
    max: 65_535,
    description: 'Port the API listens on; 0 takes a free one.',
  }),
  tlsCert: path({
    key: 'FFLEET_TLS_CERT',
    default: null,
    defaultText: 'none: plain HTTP',
    description:
      'File with the certificate that the API speaks TLS with, in PEM, its chain behind it. It goes with FFLEET_TLS_KEY; files that are renewed are picked up while it runs.',
  }),
  tlsKey: path({
    key: 'FFLEET_TLS_KEY',
    default: null,
    description: 'File with the private key of that certificate, in PEM, without a passphrase.',
  }),
  url: url({
    key: 'FFLEET_URL',
    default: null,
    defaultText: 'none; http://127.0.0.1:4280 where a server is needed',
    schemes: ['http', 'https'],
    description:
      'The ffleet server that the commands and the client talk to. With it `ffleet run` uses that server. With FFLEET_STORE=api also where a worker has its files.',
  }),
  basePath: basePath({
    key: 'FFLEET_BASE_PATH',
    default: '',
    defaultText: 'none: at the root',
    description:
      'Path under which a proxy shows the server, such as `/transcode`. The proxy takes it away from what it passes on; with it the page works through the proxy alone. One that sends `X-Forwarded-Prefix` needs no setting: the header goes before it.',
  }),
  frameAncestors: frameAncestors({
    key: 'FFLEET_FRAME_ANCESTORS',
    default: "'self'",
    description:
      "Who may show a watch link in a frame: `'none'`, `'self'`, or origins such as `https://example.com https://*.example.org`. The other pages are never shown in one.",
  }),
  corsOrigins: origins({
    key: 'FFLEET_CORS_ORIGINS',
    default: [],
    defaultText: 'none',
    description:
      "Origins whose pages may call the API from a browser, with commas between them: `https://app.example,http://localhost:5173`. They send a key of their own; the cookie of somebody who has signed in does not count for them. Without keys they may do what the server's own page may.",
  }),
  dataDir: path({
    key: 'FFLEET_DATA_DIR',
    default: resolve('ffleet-data'),
    defaultText: './ffleet-data',
    description:
      'Reports and logs, unless FFLEET_REPORT_ROOT says otherwise, uploads, and the files of the embedded Redis. The API and the workers of a fleet must see the same one, but for workers that find reports and inputs elsewhere. `ffleet run` keeps its reports there only when it is set, else in one place of the user: `$XDG_STATE_HOME/ffleet`, which is `~/.local/state/ffleet`; `~/Library/Application Support/ffleet` on macOS, `%LOCALAPPDATA%\\ffleet` on Windows.',
  }),
  mediaRoot: folderOrBucket({
    key: 'FFLEET_MEDIA_ROOT',
    default: null,
    defaultText: '<FFLEET_DATA_DIR>/media',
    description:
      'Folder that input paths are relative to. API and workers must see the same one. Or `s3://bucket/prefix`: input paths are then keys below it, which workers fetch into their spool.',
  }),
  outputRoot: folderOrBucket({
    key: 'FFLEET_OUTPUT_ROOT',
    default: null,
    defaultText: '<FFLEET_DATA_DIR>/outputs',
    description:
      'Folder that output paths are relative to; its folder `.ffleet` holds what is not finished. API and workers must see the same one. Or `s3://bucket/prefix`: outputs then lie in that bucket, see the guide on object stores.',
  }),
  reportRoot: folderOrBucket({
    key: 'FFLEET_REPORT_ROOT',
    default: null,
    defaultText: '<FFLEET_DATA_DIR>/reports',
    description:
      'Folder in which reports and the logs of ffmpeg are kept. API and workers must see the same one. Or `s3://bucket/prefix`: reports then lie in that bucket, and a worker keeps in its data folder what it has not sent yet.',
  }),
  scratchDir: path({
    key: 'FFLEET_SCRATCH_DIR',
    default: null,
    defaultText: '<FFLEET_DATA_DIR>/scratch',
    description:
      'Folder on a disk of the worker in which outputs grow until they are sent to the bucket, or to the API with FFLEET_STORE=api. Otherwise they grow in the output root, and this is not used.',
  }),
  unpublishedBytes: integer({
    key: 'FFLEET_UNPUBLISHED_BYTES',
    default: 20 * 1024 ** 3,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    unit: 'bytes',
    description:
      'What is kept, where outputs grow, of those that are made and verified and could not be published, after their jobs have failed: a retry on the same disk publishes them without encoding again. The oldest go first, and all with their jobs. 0: nothing is kept.',
  }),
  store: choice({
    key: 'FFLEET_STORE',
    default: 'folders',
    words: ['folders', 'api'],
    description:
      'Of a worker: where it has the files of its fleet. `folders`: in the folders and buckets above. `api`: from the API at FFLEET_URL, with the key of the role `worker` in FFLEET_API_KEY; inputs come over the network and outputs and reports go there, and the worker shares no folder with anybody.',
  }),
  s3Endpoint: url({
    key: 'FFLEET_S3_ENDPOINT',
    default: null,
    defaultText: 'that of AWS in the region',
    schemes: ['http', 'https'],
    description:
      'Where the store answers that has the bucket, if it is not AWS: `https://s3.example:9000`. Credentials come from where those of every AWS program come from: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or the role of the host.',
  }),
  s3Region: name({
    key: 'FFLEET_S3_REGION',
    default: null,
    defaultText: 'AWS_REGION, or that of the profile; `us-east-1` with an endpoint',
    pattern: /^[a-z0-9-]{1,40}$/i,
    takes: 'the name of a region, such as eu-central-1',
    description: 'Region of the bucket.',
  }),
  s3PathStyle: choice({
    key: 'FFLEET_S3_PATH_STYLE',
    default: 'off',
    words: ['off', 'on'],
    description:
      'Whether the bucket is named in the path, `https://host/bucket`, and not in the host, `https://bucket.host`. Most stores that one runs oneself need it.',
  }),
  s3Checksum: choice({
    key: 'FFLEET_S3_CHECKSUM',
    default: 'auto',
    words: ['auto', 'required-only'],
    description:
      'What goes along with what is sent: `auto`: the newer checksums of S3, SHA-256 of each part; `required-only`: its MD5, for stores that know no others and refuse them.',
  }),
  s3Inputs: buckets({
    key: 'FFLEET_S3_INPUTS',
    default: [],
    defaultText: 'none',
    description:
      'Buckets whose objects may be inputs, or prefixes in them, with commas between them: `s3://films`, `s3://films/in`. Whoever may send jobs can have workers read whatever lies there. They are reached as the bucket of the outputs is, by FFLEET_S3_ENDPOINT and so on. API and workers need the same.',
  }),
  presetsDir: path({
    key: 'FFLEET_PRESETS_DIR',
    default: null,
    description:
      'Folder of `*.json` and `*.yaml` files with presets of your own, beside the shipped ones; a folder in it is of the tenant of its name.',
  }),
  font: path({
    key: 'FFLEET_FONT',
    default: null,
    defaultText: 'DejaVu Sans, which comes with ffleet',
    description:
      'TrueType or OpenType font that text is drawn on pictures with. The API looks in it for the letters that a request wants drawn, so the API and the workers of a fleet have the same.',
  }),
  watchRules: path({
    key: 'FFLEET_WATCH_RULES',
    default: null,
    defaultText: 'none: no folder is watched',
    description:
      'JSON file with the rules of watch folders: what lands in a folder of the media root becomes a job. `ffleet up` watches by them, or `ffleet watch-folders` alone.',
  }),
  watchRescanMs: integer({
    key: 'FFLEET_WATCH_RESCAN_MS',
    default: MINUTE,
    min: SECOND,
    max: DAY,
    unit: 'ms',
    description:
      'How often watch folders are walked; what the system tells of changes in between only hurries it, and on the network it tells nothing.',
  }),
  arguments: choice({
    key: 'FFLEET_ARGUMENTS',
    default: 'off',
    words: ['off', 'on'],
    description:
      "Whether jobs may be made by ffmpeg's own arguments, out of the list in the reference, in place of a preset. With FFLEET_KEYS_FILE only by keys that were made with `--arguments`.",
  }),
  keysFile: path({
    key: 'FFLEET_KEYS_FILE',
    default: null,
    defaultText: 'none: everybody on this machine may do everything',
    description:
      'File with the API keys, which `ffleet keys` makes and changes. With it the API answers only those who hold one of them; changes count within a second or two.',
  }),
  trustedProxies: networks({
    key: 'FFLEET_TRUSTED_PROXIES',
    default: [],
    defaultText: 'none: the address of the connection counts',
    description:
      'Addresses of your proxies in front of the API, with commas between them: `127.0.0.1` or `10.1.0.0/16`. They are believed for whom they ask: the last address in `X-Forwarded-For` that is not one of theirs.',
  }),
  maxReadsPerMinute: integer({
    key: 'FFLEET_MAX_READS_PER_MINUTE',
    default: 12_000,
    min: 0,
    max: 1_000_000_000,
    description:
      'How often one key may ask in a minute, all APIs of the fleet together; opening a stream of events is one time. 0: as often as it likes. Without keys there is no limit.',
  }),
  maxChangesPerMinute: integer({
    key: 'FFLEET_MAX_CHANGES_PER_MINUTE',
    default: 6_000,
    min: 0,
    max: 1_000_000_000,
    description: 'How many changes one key may ask for in a minute, such as jobs it sends; the same otherwise.',
  }),
  maxUnknownPerMinute: integer({
    key: 'FFLEET_MAX_UNKNOWN_PER_MINUTE',
    default: 600,
    min: 0,
    max: 1_000_000_000,
    description:
      'How often one address may ask in a minute without a valid key: with a wrong one, to sign in, with watch links. Behind a proxy it needs FFLEET_TRUSTED_PROXIES, or all count as one.',
  }),
  maxEventStreams: integer({
    key: 'FFLEET_MAX_EVENT_STREAMS',
    default: 1_000,
    min: 0,
    max: 1_000_000,
    description:
      'How many streams of events one key, or one address with watch links, may have open at one API. 0: as many as it likes.',
  }),
  apiKey: secret({
    key: 'FFLEET_API_KEY',
    default: null,
    description: 'The API key that the commands and the client send to the server, and with FFLEET_STORE=api a worker.',
  }),
  ffmpeg: program({ key: 'FFLEET_FFMPEG', default: 'ffmpeg', description: 'The ffmpeg to run, 4.1 or later.' }),
  ffprobe: program({ key: 'FFLEET_FFPROBE', default: 'ffprobe', description: 'The ffprobe to run.' }),
  slots: integer({
    key: 'FFLEET_SLOTS',
    default: Math.max(1, Math.floor(availableParallelism() / 2)),
    defaultText: 'half the cores, at least 1',
    min: 1,
    max: 256,
    description: 'Jobs one worker runs at a time.',
  }),
  sandbox: choice({
    key: 'FFLEET_SANDBOX',
    default: 'auto',
    words: ['auto', 'bwrap', 'none'],
    description:
      'Whether ffmpeg and ffprobe run in a sandbox: without network, seeing only their input and the folder of their attempt. `bwrap`: in one of bubblewrap, or the worker does not start; `auto`: in one where bubblewrap starts, else without one, with limits and a warning, but not where an API of the fleet is open to other machines; `none`: without one. Without one ffmpeg still dies with its worker where setpriv is installed.',
  }),
  sandboxVariables: names({
    key: 'FFLEET_SANDBOX_VARIABLES',
    pattern: /^[A-Za-z_]\w*$/,
    takes: 'names of variables: LANG,TZ',
    default: [],
    defaultText: 'none',
    description:
      'Names of environment variables, with commas between them, that ffmpeg is given in the sandbox. It has none of the worker but these and LD_LIBRARY_PATH.',
  }),
  hardware: choices({
    key: 'FFLEET_HARDWARE',
    default: 'auto',
    words: ['auto', 'none'],
    names: HARDWARE_FAMILIES,
    description:
      'Which hardware encoders a worker tries when it starts: those whose device nodes are there, none, or families with commas between them, whatever is there. What passes is used by outputs whose `encoder` is not `software`.',
  }),
  hardwareSessions: integer({
    key: 'FFLEET_HARDWARE_SESSIONS',
    default: 2,
    min: 1,
    max: 256,
    description:
      'Outputs that one device of a worker encodes at a time. With more `auto` takes software, and jobs that name an encoder wait.',
  }),
  maxMemoryBytes: integer({
    key: 'FFLEET_MAX_MEMORY_BYTES',
    default: Math.max(totalmem(), 4 * 1024 ** 3),
    defaultText: 'the memory of the machine, at least 4 GiB',
    min: 64 * 1024 ** 2,
    max: Number.MAX_SAFE_INTEGER,
    unit: 'bytes',
    description:
      'Memory that one ffmpeg may allocate, unless FFLEET_SANDBOX is none; with more it ends as OUT_OF_MEMORY.',
  }),
  maxCpuMs: integer({
    key: 'FFLEET_MAX_CPU_MS',
    default: 30 * DAY,
    min: SECOND,
    max: 3650 * DAY,
    unit: 'ms',
    description:
      'CPU time that one ffmpeg may use up, all its threads added up, unless FFLEET_SANDBOX is none; then it ends as TIMED_OUT.',
  }),
  maxOutputBytes: integer({
    key: 'FFLEET_MAX_OUTPUT_BYTES',
    default: 1024 ** 4,
    min: 1024 ** 2,
    max: Number.MAX_SAFE_INTEGER,
    unit: 'bytes',
    description:
      'How large one file may become that ffmpeg writes, unless FFLEET_SANDBOX is none; at that size it ends as ENCODER_FAILED. So does an attempt whose files take more than that on disk for each of its outputs.',
  }),
  keepPartsMs: integer({
    key: 'FFLEET_KEEP_PARTS_MS',
    default: DAY,
    min: 0,
    max: 3650 * DAY,
    unit: 'ms',
    description:
      'How long a part of an output with `split` is kept after it was last of use, for jobs that go on with it: on the disk where outputs grow, and in the bucket of the outputs, where it counts from when it was put there.',
  }),
  maxPartsBytes: integer({
    key: 'FFLEET_MAX_PARTS_BYTES',
    default: 50 * 1024 ** 3,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    unit: 'bytes',
    description:
      'What such parts may take of that disk, and of that bucket; beyond it the oldest go, but none that was of use within the hour.',
  }),
  statsPeriodMs: integer({
    key: 'FFLEET_STATS_PERIOD_MS',
    default: 500,
    min: 100,
    max: 1_000,
    unit: 'ms',
    description:
      'How often ffmpeg reports progress. Not over a second: ffmpeg 7 and later act on a stop only with the next report.',
  }),
  startTimeoutMs: integer({
    key: 'FFLEET_START_TIMEOUT_MS',
    default: 5 * MINUTE,
    min: SECOND,
    max: DAY,
    unit: 'ms',
    description: 'How long ffmpeg may take until media time first advances.',
  }),
  stallTimeoutMs: integer({
    key: 'FFLEET_STALL_TIMEOUT_MS',
    default: 2 * MINUTE,
    min: SECOND,
    max: DAY,
    unit: 'ms',
    description: 'How long neither media time nor frames may advance before the attempt ends as STALLED.',
  }),
  finalizeTimeoutMs: integer({
    key: 'FFLEET_FINALIZE_TIMEOUT_MS',
    default: HOUR,
    min: SECOND,
    max: 7 * DAY,
    unit: 'ms',
    description:
      'How long ffmpeg may take to finish a file once the media is encoded, such as moving an index to the front.',
  }),
  drainTimeoutMs: integer({
    key: 'FFLEET_DRAIN_TIMEOUT_MS',
    default: 10 * MINUTE,
    min: 0,
    max: 7 * DAY,
    unit: 'ms',
    description:
      'How long a worker that was asked to stop may go on with its jobs; then it hands them back to the queue.',
  }),
  onceIdleMs: integer({
    key: 'FFLEET_ONCE_IDLE_MS',
    default: MINUTE,
    min: SECOND,
    max: DAY,
    unit: 'ms',
    description: 'How long `ffleet worker --once` waits for its job before it leaves without one.',
  }),
  podDeletionCost: choice({
    key: 'FFLEET_POD_DELETION_COST',
    default: 'off',
    words: ['off', 'on'],
    description:
      'Whether a worker in a pod of Kubernetes says there what would be lost with it, in the annotation `controller.kubernetes.io/pod-deletion-cost`: the seconds that its attempts have taken so far, 0 when it idles. A Deployment that gets smaller then ends those first that lose least. Its service account must be allowed to patch pods.',
  }),
  lockDurationMs: integer({
    key: 'FFLEET_LOCK_DURATION_MS',
    default: 30 * SECOND,
    min: SECOND,
    max: 10 * MINUTE,
    unit: 'ms',
    description: 'How long a worker may be silent before its jobs count as lost. Renewed at half of it.',
  }),
  stalledCheckMs: integer({
    key: 'FFLEET_STALLED_CHECK_MS',
    default: 5 * SECOND,
    min: 100,
    max: 10 * MINUTE,
    unit: 'ms',
    description: 'How often the workers look for jobs whose worker was lost.',
  }),
  poisonStarts: integer({
    key: 'FFLEET_POISON_STARTS',
    default: 3,
    min: 1,
    max: 100,
    description: 'A job whose worker was lost this many times ends as POISONED.',
  }),
  backoffMs: integer({
    key: 'FFLEET_BACKOFF_MS',
    default: SECOND,
    min: 0,
    max: HOUR,
    unit: 'ms',
    description: 'Wait before the second attempt of a job; it doubles with each further one.',
  }),
  maxInputBytes: integer({
    key: 'FFLEET_MAX_INPUT_BYTES',
    default: 100 * 1024 ** 3,
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    unit: 'bytes',
    description: 'Larger inputs are refused as INPUT_TOO_LARGE.',
  }),
  fetchAllow: hosts({
    key: 'FFLEET_FETCH_ALLOW',
    default: [],
    defaultText: 'none: public addresses alone',
    description:
      'Hosts and networks that are not public and that inputs may be fetched from all the same, with commas between them: `media.internal`, `media.internal:8080`, `10.1.0.0/16`, `127.0.0.1`. Whoever may send jobs can have workers read whatever answers there. API and workers need the same.',
  }),
  fetchTimeoutMs: integer({
    key: 'FFLEET_FETCH_TIMEOUT_MS',
    default: 30 * SECOND,
    min: 100,
    max: HOUR,
    unit: 'ms',
    description:
      'How long a server may take until it is connected to, until it answers, and from some bytes of an input to the next; then it is asked again.',
  }),
  spoolDir: path({
    key: 'FFLEET_SPOOL_DIR',
    default: null,
    defaultText: '<FFLEET_DATA_DIR>/spool',
    description:
      'Folder on a disk of the worker for inputs that are fetched. Several workers may share it; each removes what it fetched when it leaves, and what others left that were killed.',
  }),
  spoolBytes: integer({
    key: 'FFLEET_SPOOL_BYTES',
    default: 100 * 1024 ** 3,
    min: 1024 ** 2,
    max: Number.MAX_SAFE_INTEGER,
    unit: 'bytes',
    description:
      'What one worker takes of that disk for inputs. A job whose input has no room waits in its slot until others have ended; one that is larger is refused as INPUT_TOO_LARGE.',
  }),
  maxPixels: integer({
    key: 'FFLEET_MAX_PIXELS',
    default: 8_192 * 8_192,
    min: 256,
    max: 2 ** 31 - 1,
    unit: 'pixels',
    description: 'Pictures with more pixels, width times height, are refused as DIMENSIONS_TOO_LARGE.',
  }),
  maxStreams: integer({
    key: 'FFLEET_MAX_STREAMS',
    default: 500,
    min: 1,
    max: 1_000,
    description:
      'Inputs with more streams are refused as TOO_MANY_STREAMS; attachments and cover art do not count. ffmpeg itself reads 1,000 at most.',
  }),
  maxFrameRate: integer({
    key: 'FFLEET_MAX_FRAME_RATE',
    default: 10_000,
    min: 1,
    max: 1_000_000,
    description: 'Inputs whose video has more frames a second are refused as FRAME_RATE_TOO_HIGH.',
  }),
  maxAttachments: integer({
    key: 'FFLEET_MAX_ATTACHMENTS',
    default: 400,
    min: 1,
    max: 1_000,
    description:
      'Inputs with more attachments, such as the fonts of subtitles, or cover art are refused as ATTACHMENTS_TOO_LARGE.',
  }),
  maxAttachmentBytes: integer({
    key: 'FFLEET_MAX_ATTACHMENT_BYTES',
    default: 1024 ** 3,
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    unit: 'bytes',
    description:
      'Matroska files whose attachments have more bytes, all together, are refused as ATTACHMENTS_TOO_LARGE: ffmpeg keeps them in memory.',
  }),
  maxAllocBytes: integer({
    key: 'FFLEET_MAX_ALLOC_BYTES',
    default: 1024 ** 3,
    min: 1024 ** 2,
    max: 2 ** 31 - 1,
    unit: 'bytes',
    description:
      'Memory that ffmpeg and ffprobe allocate at once at most, such as for one frame; with more a job ends as OUT_OF_MEMORY.',
  }),
  moreCodecs: names({
    key: 'FFLEET_MORE_CODECS',
    pattern: /^\w[\w.-]*$/,
    takes: 'names of codecs: snow,bink',
    default: [],
    defaultText: 'none',
    description:
      'Codecs that are read besides those of the table below, by the names of ffmpeg and with commas between them; where the decoder has another name, that as well. Inputs that need any other are refused as CODEC_NOT_ALLOWED.',
  }),
  maxDurationMs: integer({
    key: 'FFLEET_MAX_DURATION_MS',
    default: DAY,
    min: SECOND,
    max: 365 * DAY,
    unit: 'ms',
    description: 'Inputs that run longer, after startMs and endMs, are refused as DURATION_TOO_LONG.',
  }),
  webhookNetworks: networks({
    key: 'FFLEET_WEBHOOK_NETWORKS',
    default: [],
    defaultText: 'none: public addresses alone',
    description:
      'Addresses and networks that are not public and that webhooks may lead to all the same, with commas between them: `10.1.0.0/16`, or `127.0.0.0/8,::1` for a receiver on the machine of the API. Whoever may send jobs can have the API connect to them.',
  }),
  webhookTimeoutMs: integer({
    key: 'FFLEET_WEBHOOK_TIMEOUT_MS',
    default: 15 * SECOND,
    min: 100,
    max: MINUTE,
    unit: 'ms',
    description: 'How long the receiver of a webhook may take to answer; then the delivery is tried again.',
  }),
  webhookConcurrency: integer({
    key: 'FFLEET_WEBHOOK_CONCURRENCY',
    default: 50,
    min: 0,
    max: 1_000,
    description: 'Webhooks that one API delivers at once, each of another job. 0: it leaves them to other APIs.',
  }),
  keepJobsMs: integer({
    key: 'FFLEET_KEEP_JOBS_MS',
    default: 7 * DAY,
    min: 0,
    max: 3650 * DAY,
    unit: 'ms',
    description: 'How long ended jobs and their reports are kept. Outputs stay.',
  }),
  keepUploadsMs: integer({
    key: 'FFLEET_KEEP_UPLOADS_MS',
    default: DAY,
    min: MINUTE,
    max: 3650 * DAY,
    unit: 'ms',
    description:
      'How long an upload is kept that is not whole, or that no job has read; what completed jobs have read goes at once.',
  }),
  keepJobsCount: integer({
    key: 'FFLEET_KEEP_JOBS_COUNT',
    default: 10_000,
    min: 0,
    max: 10_000_000,
    description: 'How many ended jobs are kept at most; the oldest go first.',
  }),
  keepEventsMs: integer({
    key: 'FFLEET_KEEP_EVENTS_MS',
    default: DAY,
    min: 0,
    max: 365 * DAY,
    unit: 'ms',
    description: 'How long the events of an ended job are kept.',
  }),
  watchLinksMs: integer({
    key: 'FFLEET_WATCH_LINKS_MS',
    default: 30 * DAY,
    min: SECOND,
    max: 3650 * DAY,
    unit: 'ms',
    description: 'How long `links.watch` of a job works; looked at later, the job has a fresh one.',
  }),
  logLevel: choice({
    key: 'FFLEET_LOG_LEVEL',
    default: 'info',
    words: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
    description: 'Least severe log lines that are written.',
  }),
} as const
