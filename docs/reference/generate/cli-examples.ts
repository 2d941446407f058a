/**
 * One example for each command, typed into one shell in the order of the page; those of the second group need the
 * server that `ffleet up` of the first one left running. `mark` stands
 * in place of the usual one; null: typed elsewhere, by the deployment guide. `exits` says what
 * the exit code means beyond the table at the head of the page; 0 is success and 2 a wrong command line everywhere.
 */
type Example = { run: string; expect?: string; mark?: string | null; exits: string }

/** What a command that only asks the server may end with. */
const UNANSWERED = '1 when the server refuses or does not answer'

export const CLI_EXAMPLES: Record<string, Example> = {
  run: {
    exits: '1 when one of the jobs failed, or there was nothing to do; 130 when it was interrupted',
    run: `ffleet run in.mp4 -o small.mp4 -p h264-360p --crf 30 -o sound.mp3
mkdir clips && cp in.mp4 clips/a.mp4 && cp in.mp4 clips/b.mp4
ffleet run clips -o made --preset h264-360p`,
    expect: '2 done',
  },
  batch: {
    exits: '1 when a file failed or is left; 130 when it was interrupted',
    run: `ffleet batch 'clips/*.mp4' --preset h264-360p -o small --dry-run
ffleet batch 'clips/*.mp4' --preset h264-360p -o small --yes`,
    expect: '2 made',
  },
  up: {
    exits: '0 after a drain; 1 when it cannot start or go on',
    run: 'FFLEET_MEDIA_ROOT=. ffleet up --workers 1',
    mark: 'run background ready="http://127.0.0.1:4280/readyz"',
  },
  api: {
    exits: '0 after a drain; 1 when it cannot start',
    run: `export FFLEET_REDIS_URL=redis://redis.example:6379
export FFLEET_DATA_DIR=/mnt/data FFLEET_MEDIA_ROOT=/mnt/media FFLEET_OUTPUT_ROOT=/mnt/outputs
ffleet api`,
    mark: null,
  },
  worker: {
    exits: '0 after a drain, with `--once` also after its job, however that ended; 1 when it cannot start',
    run: `export FFLEET_REDIS_URL=redis://redis.example:6379
export FFLEET_DATA_DIR=/mnt/data FFLEET_MEDIA_ROOT=/mnt/media FFLEET_OUTPUT_ROOT=/mnt/outputs
FFLEET_SLOTS=2 ffleet worker
ffleet worker --once`,
    mark: null,
  },
  'fluent-report': {
    exits: '1 when the folder can not be read',
    run: `mkdir code && cat > code/talk.mjs <<'END'
import ffmpeg from 'fluent-ffmpeg'
ffmpeg('talk.mov').size('640x?').videoFilters('movie=logo.png').save('talk.mp4')
END
ffleet fluent-report code`,
    expect: '2 map, 1 need arguments (FFLEET_ARGUMENTS=on), 1 can not be carried',
  },
  preset: {
    exits: '1 when one can not be used, or would fail for the sample',
    run: `mkdir presets && cat > presets/mobile.yaml <<'YAML'
name: mobile
description: For phones.
extends: h264-360p
video: { crf: 30 }
YAML
ffleet preset check presets/mobile.yaml --sample in.mp4`,
    expect: 'it would run',
  },
  probe: {
    exits: '1 when the file is no media',
    run: `ffleet probe in.mp4 | jq '.streams[] | {type, codec}'`,
    expect: 'h264',
  },
  parse: {
    exits: '1 when there was no report',
    run: 'ffmpeg -v error -nostats -progress pipe:1 -y -i in.mp4 out.mkv | ffleet parse --duration 4',
    expect: 'percent',
  },
  doctor: { exits: '1 when something that is needed is missing', run: 'ffleet doctor', expect: 'ffmpeg' },
  keys: {
    exits: '1 when there is no such key, or the file cannot be changed',
    run: `export FFLEET_KEYS_FILE=$PWD/keys.json
reader=$(ffleet keys add dashboard --role read)
ffleet keys add shop --role submit --tenant shop
ffleet keys rotate shop --grace 3600
ffleet keys revoke dashboard
ffleet keys list
unset FFLEET_KEYS_FILE`,
    expect: 'revoked',
  },
  'watch-folders': {
    exits: '0 after Ctrl-C; 1 when it cannot start',
    run: `export FFLEET_DATA_DIR=ffleet-data FFLEET_MEDIA_ROOT=. FFLEET_WATCH_RULES=$PWD/rules.json
cat > rules.json <<'JSON'
{"rules": [{"name": "films", "folder": "clips", "preset": "h264-360p"}]}
JSON
ffleet watch-folders check
ffleet watch-folders ls
unset FFLEET_DATA_DIR FFLEET_MEDIA_ROOT FFLEET_WATCH_RULES`,
    expect: '2 files, 2 jobs. Nothing was made.',
  },
  tenants: {
    exits: '1 when the file cannot be changed',
    run: `export FFLEET_KEYS_FILE=$PWD/keys.json
ffleet tenants set --max-queued 1000
ffleet tenants set shop --max-queued 100 --max-running 4 --max-bytes 10GB
ffleet tenants list
unset FFLEET_KEYS_FILE`,
    expect: 'shop',
  },
  completion: { exits: '0', run: 'eval "$(ffleet completion bash)"; complete -p ffleet', expect: '_ffleet' },
  version: { exits: '0', run: 'ffleet version' },
  submit: {
    exits:
      '1 when one of the jobs is refused, with `--dry-run` also when one would fail; with `--watch` unless all complete',
    run: `ffleet submit in.mp4 --preset h264-360p --dry-run
job=$(ffleet submit in.mp4 --preset h264-360p --tag customer=42)
ffleet submit "job:$job/h264-360p" --preset poster
ffleet submit in.mp4 --preset mp3-192k --after "$job"
ffleet submit clips/a.mp4 clips/b.mp4 --preset mp3-192k -o sounds
ffleet submit in.mp4 --preset mp3-192k --audio-bitrate 96k --watch`,
    expect: 'completed',
  },
  watch: { exits: '1 unless all of the jobs complete', run: 'ffleet watch "$job"', expect: 'completed' },
  ls: {
    exits: UNANSWERED,
    run: 'ffleet ls --state completed --tag customer=42',
    expect: 'in.mp4',
  },
  show: { exits: UNANSWERED, run: 'ffleet show "$job"', expect: 'completed' },
  report: { exits: UNANSWERED, run: 'ffleet report "$job"', expect: 'encode' },
  log: {
    exits: UNANSWERED,
    run: `ffleet log "$job" --search 'stream #' --tail 20`,
    expect: 'Stream #0',
  },
  open: { exits: UNANSWERED, run: 'ffleet open "$job"', expect: '/jobs/' },
  cancel: {
    exits: '1 when one of the jobs cannot be cancelled; the others are',
    run: `later=$(ffleet submit in.mp4 --preset mp3-192k --delay 3600)
ffleet cancel "$later"`,
    expect: 'cancelled',
  },
  retry: {
    exits: '1 when one of the jobs cannot be run again; the others are',
    run: 'ffleet retry "$later" && ffleet watch "$later"',
    expect: 'completed',
  },
  rm: {
    exits: '1 when one of the jobs cannot be removed; the others are',
    run: 'ffleet rm "$later"',
    expect: 'removed',
  },
  deliveries: {
    exits: UNANSWERED,
    run: `told=$(ffleet submit in.mp4 --preset mp3-192k --webhook https://hooks.example/ffleet --webhook-events job.queued)
until ffleet deliveries "$told" | grep failed; do sleep 0.2; done
ffleet deliveries "$told" --replay 0`,
    expect: 'is tried next',
  },
  listen: {
    exits: '1 when the server does not answer, or the port is taken; 130 when it was interrupted',
    run: 'timeout 2 ffleet listen --port 0 || test $? = 124   # 124: its time is up',
  },
  webhooks: { exits: UNANSWERED, run: 'ffleet webhooks secret', expect: 'whsec_' },
  unshare: {
    exits: '1 when one of the jobs is not there; the others are done',
    run: 'ffleet unshare "$job"',
    expect: 'void',
  },
  queue: { exits: UNANSWERED, run: 'ffleet queue', expect: 'open' },
  pause: { exits: UNANSWERED, run: 'ffleet pause', expect: 'paused' },
  resume: { exits: UNANSWERED, run: 'ffleet resume', expect: 'open' },
  workers: { exits: UNANSWERED, run: 'ffleet workers', expect: 'running' },
  drain: {
    exits: UNANSWERED,
    run: `ffleet drain "$(ffleet workers --json | jq -r .id)"`,
    expect: 'drains',
  },
  schedule: {
    exits: '1 when the server refuses or does not answer, also the job of `run`',
    run: `ffleet schedule add nightly in.mp4 --cron '30 3 * * *' --time-zone Europe/Berlin -p h264-360p -o 'nightly/{date}.mp4'
ffleet schedule ls
ffleet watch "$(ffleet schedule run nightly)"
ffleet schedule runs nightly
ffleet schedule pause nightly && ffleet schedule resume nightly
ffleet schedule show nightly
ffleet schedule rm nightly`,
    expect: 'completed',
  },
  mcp: {
    exits: 'When the assistant closes its stdin.',
    run: `printf '%s\\n' '{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}' | ffleet mcp`,
    expect: 'explain_job',
  },
  usage: { exits: UNANSWERED, run: 'ffleet usage --from 7d\nffleet usage --csv', expect: 'outputBytes' },
  presets: { exits: UNANSWERED, run: 'ffleet presets h264-720p', expect: 'crf' },
}
