/**
 * One example for each command, typed into one shell in the order of the page; those of the second group need the
 * server that `ffleet up` of the first one left running. `mark` stands
 * in place of the usual one; null: typed elsewhere, by the deployment guide.
 */
type Example = { run: string; expect?: string; mark?: string | null }

export const CLI_EXAMPLES: Record<string, Example> = {
  run: { run: 'ffleet run in.mp4 -o small.mp4 -p h264-360p -o sound.mp3', expect: 'small.mp4' },
  up: {
    run: 'FFLEET_MEDIA_ROOT=. ffleet up --workers 1',
    mark: 'run background ready="http://127.0.0.1:4280/readyz"',
  },
  api: {
    run: 'FFLEET_REDIS_URL=redis://redis.example:6379 ffleet api',
    mark: null,
  },
  worker: {
    run: 'FFLEET_REDIS_URL=redis://redis.example:6379 FFLEET_SLOTS=2 ffleet worker',
    mark: null,
  },
  probe: { run: `ffleet probe in.mp4 | jq '.streams[] | {type, codec}'`, expect: 'h264' },
  parse: {
    run: 'ffmpeg -v error -nostats -progress pipe:1 -y -i in.mp4 out.mkv | ffleet parse --duration 4',
    expect: 'percent',
  },
  doctor: { run: 'ffleet doctor', expect: 'ffmpeg' },
  version: { run: 'ffleet version' },
  submit: {
    run: `job=$(ffleet submit in.mp4 --preset h264-360p --tag customer=42)
ffleet submit in.mp4 --preset mp3-192k --watch`,
    expect: 'completed',
  },
  watch: { run: 'ffleet watch "$job"', expect: 'completed' },
  ls: { run: 'ffleet ls --state completed --tag customer=42', expect: 'in.mp4' },
  show: { run: 'ffleet show "$job"', expect: 'completed' },
  report: { run: 'ffleet report "$job"', expect: 'encode' },
  log: { run: 'ffleet log "$job" | grep Stream', expect: 'Stream #0' },
  cancel: {
    run: `later=$(ffleet submit in.mp4 --preset mp3-192k --delay 3600)
ffleet cancel "$later"`,
    expect: 'cancelled',
  },
  retry: { run: 'ffleet retry "$later" && ffleet watch "$later"', expect: 'completed' },
  workers: { run: 'ffleet workers', expect: 'running' },
  drain: { run: `ffleet drain "$(ffleet workers --json | jq -r .id)"`, expect: 'drains' },
  presets: { run: 'ffleet presets h264-720p', expect: 'crf' },
}
