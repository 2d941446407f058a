/**
 * One command for each route, in the order of the page. They are typed into one shell, from top to bottom, on a fleet
 * that has `in.mp4`: see the head of `http.md`.
 */
export const HTTP_EXAMPLES: Record<string, { run: string; expect?: string }> = {
  'POST /v1/jobs': {
    run: `curl -fsS http://127.0.0.1:4280/v1/jobs -H 'content-type: application/json' -H 'idempotency-key: example-1' -d '{
  "input": "in.mp4",
  "outputs": [
    {"preset": "h264-360p", "name": "main", "path": "small.mp4", "video": {"crf": 28}},
    {"preset": "thumbnails", "name": "sheets"}
  ],
  "tags": {"customer": "42"}
}' > job.json
job=$(jq -r .id job.json)
curl -fsS http://127.0.0.1:4280/v1/jobs -H 'content-type: application/json' \\
  -d '{"input": "job:'$job'/main", "outputs": [{"preset": "poster"}]}' | jq '{waitsFor, after}'
curl -fsS 'http://127.0.0.1:4280/v1/jobs?dryRun=true' -H 'content-type: application/json' \\
  -d '{"input": "in.mp4", "outputs": [{"preset": "mp3-192k"}]}' | jq '{passes: [.plan.passes[].label], outputs: .plan.outputs, refusal}'`,
    expect: 'expectedBytes',
  },
  'GET /v1/jobs': {
    run: `curl -fsS 'http://127.0.0.1:4280/v1/jobs?tag.customer=42&limit=10' | jq -r '.items[].id'`,
  },
  'GET /v1/jobs/{id}': {
    run: `curl -fsS "http://127.0.0.1:4280/v1/jobs/$job" | jq '{state, phase, progress}'`,
    expect: 'state',
  },
  'GET /v1/jobs/{id}/request': {
    run: `curl -fsS "http://127.0.0.1:4280/v1/jobs/$job/request" | jq '.outputs[0] += {"onExists": "replace"}' > again.json`,
  },
  'GET /v1/jobs/{id}/events': {
    run: `curl -fsSN "http://127.0.0.1:4280/v1/jobs/$job/events"`,
    expect: 'event: job.completed',
  },
  'POST /v1/jobs/{id}/watch/revoke': {
    run: `curl -fsS -X POST "http://127.0.0.1:4280/v1/jobs/$job/watch/revoke" | jq -r .links.watch`,
    expect: 'token=',
  },
  'GET /v1/events': {
    run: `curl -sSN --max-time 2 'http://127.0.0.1:4280/v1/events?after=0' || test $? = 28   # 28: its time is up`,
    expect: 'event: worker.joined',
  },
  'GET /v1/jobs/{id}/report': {
    run: `curl -fsSN "http://127.0.0.1:4280/v1/jobs/$job/events" > /dev/null   # returns when the job has ended
curl -fsS "http://127.0.0.1:4280/v1/jobs/$job/report" | jq '.attempts[].passes[] | {exitCode, summary}'`,
    expect: 'averageSpeed',
  },
  'GET /v1/jobs/{id}/log': {
    run: `curl -fsS "http://127.0.0.1:4280/v1/jobs/$job/log?attempt=1" | tail -n 20`,
  },
  'GET /v1/jobs/{id}/log/lines': {
    run: `curl -fsS "http://127.0.0.1:4280/v1/jobs/$job/log/lines?search=stream+%23&limit=5" | jq -r '.items[] | [.level, .text] | @tsv'`,
    expect: 'Stream #0',
  },
  'POST /v1/jobs/{id}/cancel': {
    run: `later=$(curl -fsS http://127.0.0.1:4280/v1/jobs -H 'content-type: application/json' \\
  -d '{"input": "in.mp4", "outputs": [{"preset": "mp3-192k"}], "delayMs": 3600000}' | jq -r .id)
curl -fsS -X POST "http://127.0.0.1:4280/v1/jobs/$later/cancel" | jq -r .state`,
    expect: 'cancelled',
  },
  'POST /v1/jobs/{id}/retry': {
    run: `curl -fsS -X POST "http://127.0.0.1:4280/v1/jobs/$later/retry" | jq -r .id
curl -fsSN "http://127.0.0.1:4280/v1/jobs/$later/events" | grep '^event: job'`,
    expect: 'event: job.completed',
  },
  'DELETE /v1/jobs/{id}': {
    run: `curl -fsS -X DELETE "http://127.0.0.1:4280/v1/jobs/$later"`,
  },
  'GET /v1/jobs/{id}/outputs/{name}': {
    run: `curl -fsS -o small.mp4 "http://127.0.0.1:4280/v1/jobs/$job/outputs/main"
curl -fsS -r 0-99 "http://127.0.0.1:4280/v1/jobs/$job/outputs/main" | wc -c
curl -fsS "http://127.0.0.1:4280/v1/jobs/$job/outputs/sheets" | jq -r '.items[].href' | tee sheets.txt`,
    expect: 'index.vtt',
  },
  'GET /v1/jobs/{id}/outputs/{name}/{path}': {
    run: `curl -fsS "http://127.0.0.1:4280/v1/jobs/$job/outputs/sheets/index.vtt"`,
    expect: 'WEBVTT',
  },
  'GET /v1/jobs/{id}/early/{attempt}/{name}/{path}': {
    run: `curl -sS "http://127.0.0.1:4280/v1/jobs/$job/early/1/main/master.m3u8" | jq -r .code`,
    expect: 'NOT_FOUND',
  },
  'GET /v1/jobs/{id}/deliveries': {
    run: `told=$(curl -fsS http://127.0.0.1:4280/v1/jobs -H 'content-type: application/json' -d '{
  "input": "in.mp4",
  "outputs": [{"preset": "mp3-192k"}],
  "webhook": {"url": "https://hooks.example/ffleet", "events": ["job.queued", "job.completed"]}
}' | jq -r .id)
until curl -fsS "http://127.0.0.1:4280/v1/jobs/$told/deliveries" | jq -e '.items[0]' > /dev/null; do sleep 0.2; done
curl -fsS "http://127.0.0.1:4280/v1/jobs/$told/deliveries" | jq '{nextAttemptAt, last: .items[0]}'`,
    expect: 'failed',
  },
  'POST /v1/jobs/{id}/deliveries/{delivery}/redeliver': {
    run: `delivery=$(curl -fsS "http://127.0.0.1:4280/v1/jobs/$told/deliveries" | jq -r '.items[0].id')
curl -fsS -X POST "http://127.0.0.1:4280/v1/jobs/$told/deliveries/$delivery/redeliver" | jq -r .url`,
    expect: 'https://hooks.example/ffleet',
  },
  'POST /v1/jobs/{id}/deliveries/replay': {
    run: `curl -fsS "http://127.0.0.1:4280/v1/jobs/$told/deliveries/replay" -H 'content-type: application/json' -d '{"after": "0"}' | jq .disabled`,
    expect: 'false',
  },
  'GET /v1/webhooks/secret': {
    run: `curl -fsS http://127.0.0.1:4280/v1/webhooks/secret | jq -r .secret`,
    expect: 'whsec_',
  },
  'POST /v1/webhooks/secret/rotate': {
    run: `curl -fsS -X POST http://127.0.0.1:4280/v1/webhooks/secret/rotate | jq '{secret, formerUntil}'`,
    expect: 'whsec_',
  },
  'GET /v1/queue': {
    run: `curl -fsS http://127.0.0.1:4280/v1/queue | jq .counts`,
    expect: 'completed',
  },
  'GET /v1/queue/next': {
    run: `curl -fsS 'http://127.0.0.1:4280/v1/queue/next?limit=5' | jq -r '.items[] | [.queuePosition, .id] | @tsv'`,
  },
  'GET /v1/queue/history': {
    run: `curl -fsS 'http://127.0.0.1:4280/v1/queue/history?minutes=5' | jq '[.items[].completed] | add'`,
  },
  'POST /v1/queue/pause': {
    run: `curl -fsS -X POST http://127.0.0.1:4280/v1/queue/pause | jq .paused`,
    expect: 'true',
  },
  'POST /v1/queue/resume': {
    run: `curl -fsS -X POST http://127.0.0.1:4280/v1/queue/resume | jq .paused`,
    expect: 'false',
  },
  'GET /v1/workers': {
    run: `worker=$(curl -fsS http://127.0.0.1:4280/v1/workers | jq -r '.items[0].id')`,
  },
  'POST /v1/workers/{id}/drain': {
    run: `curl -fsS -X POST "http://127.0.0.1:4280/v1/workers/$worker/drain" | jq -r .id`,
    expect: 'w-',
  },
  'POST /v1/schedules': {
    run: `curl -fsS http://127.0.0.1:4280/v1/schedules -H 'content-type: application/json' -d '{
  "name": "nightly", "cron": "30 3 * * *", "timeZone": "Europe/Berlin",
  "job": {
    "input": "in.mp4",
    "outputs": [{"preset": "mp3-192k", "path": "nightly/{date}.mp3", "onExists": "replace"}],
    "tags": {"night": "{date}"}
  }
}' | jq '{name, nextRuns}'`,
    expect: 'nightly',
  },
  'GET /v1/schedules': {
    run: `curl -fsS http://127.0.0.1:4280/v1/schedules | jq -r '.items[] | [.name, .cron, .nextRuns[0]] | @tsv'`,
    expect: 'nightly',
  },
  'POST /v1/schedules/{name}/run': {
    run: `curl -fsS -X POST http://127.0.0.1:4280/v1/schedules/nightly/run | jq -r .jobId`,
  },
  'GET /v1/schedules/{name}/runs': {
    run: `curl -fsS http://127.0.0.1:4280/v1/schedules/nightly/runs | jq '.items[] | {slotAt, trigger, outcome, jobState}'`,
    expect: 'manual',
  },
  'POST /v1/schedules/{name}/pause': {
    run: `curl -fsS -X POST http://127.0.0.1:4280/v1/schedules/nightly/pause | jq .paused`,
    expect: 'true',
  },
  'POST /v1/schedules/{name}/resume': {
    run: `curl -fsS -X POST http://127.0.0.1:4280/v1/schedules/nightly/resume | jq .paused`,
    expect: 'false',
  },
  'GET /v1/schedules/{name}': {
    run: `curl -fsS http://127.0.0.1:4280/v1/schedules/nightly | jq '{overlap, catchUp, lastRun}'`,
    expect: 'lastRun',
  },
  'DELETE /v1/schedules/{name}': {
    run: `curl -fsS -X DELETE http://127.0.0.1:4280/v1/schedules/nightly`,
  },
  'OPTIONS /v1/uploads': {
    run: `curl -fsS -i -X OPTIONS http://127.0.0.1:4280/v1/uploads`,
    expect: 'tus-version: 1.0.0',
  },
  'POST /v1/uploads': {
    run: `upload=$(curl -fsS -i http://127.0.0.1:4280/v1/uploads -X POST -H 'tus-resumable: 1.0.0' \\
  -H "upload-length: $(wc -c < ffleet-data/media/in.mp4)" -H "upload-metadata: filename $(printf in.mp4 | base64)" |
  tr -d '\\r' | sed -n 's/^location: //p')
echo "$upload"`,
    expect: '/v1/uploads/',
  },
  'PATCH /v1/uploads/{id}': {
    run: `curl -fsS -i -X PATCH "http://127.0.0.1:4280$upload" -H 'tus-resumable: 1.0.0' -H 'upload-offset: 0' \\
  -H 'content-type: application/offset+octet-stream' --data-binary @ffleet-data/media/in.mp4`,
    expect: 'upload-offset',
  },
  'POST /v1/uploads/direct': {
    run: `curl -sS http://127.0.0.1:4280/v1/uploads/direct -H 'content-type: application/json' \\
  -d '{"bytes": 48000000, "filename": "in.mp4"}' | jq '.parts[0].url // .detail'`,
    expect: 'bucket',
  },
  'GET /v1/uploads/{id}/parts': {
    run: `curl -sS "http://127.0.0.1:4280$upload/parts" | jq '.parts // .detail'`,
    expect: 'tus',
  },
  'POST /v1/uploads/{id}/complete': {
    run: `curl -fsS -X POST "http://127.0.0.1:4280$upload/complete" | jq .state`,
    expect: 'completed',
  },
  'GET /v1/uploads/{id}': {
    run: `curl -fsS "http://127.0.0.1:4280$upload" | jq '{state, receivedBytes, expiresAt}'`,
    expect: 'completed',
  },
  'DELETE /v1/uploads/{id}': {
    run: `curl -fsS -X DELETE "http://127.0.0.1:4280$upload"`,
  },
  'GET /v1/usage': {
    run: `curl -fsS http://127.0.0.1:4280/v1/usage | jq '.items[-1]'`,
    expect: 'cpuMs',
  },
  'GET /v1/watch-folders': {
    run: `curl -fsS http://127.0.0.1:4280/v1/watch-folders | jq '.items | length'`,
  },
  'GET /v1/watch-folders/files': {
    run: `curl -fsS 'http://127.0.0.1:4280/v1/watch-folders/files?state=failed&limit=20' | jq '.items'`,
  },
  'GET /v1/presets': {
    run: `curl -fsS http://127.0.0.1:4280/v1/presets | jq -r '.items[].name'`,
    expect: 'h264-720p',
  },
  'GET /v1/presets/{name}': {
    run: `curl -fsS http://127.0.0.1:4280/v1/presets/h264-720p | jq .video`,
    expect: 'crf',
  },
  'GET /v1/media': {
    run: `curl -fsS 'http://127.0.0.1:4280/v1/media?limit=20' | jq -r '.items[] | [.kind, .path] | @tsv'`,
    expect: 'in.mp4',
  },
  'GET /v1/session': {
    run: 'curl -fsS http://127.0.0.1:4280/v1/session | jq -r .role',
    expect: 'admin',
  },
  'POST /v1/session': {
    run: `curl -sS http://127.0.0.1:4280/v1/session -H 'content-type: application/json' -d '{"key": "…"}' | jq -r .detail`,
    expect: 'asks for no keys',
  },
  'DELETE /v1/session': { run: 'curl -fsS -X DELETE http://127.0.0.1:4280/v1/session' },
  'GET /healthz': { run: 'curl -fsS http://127.0.0.1:4280/healthz', expect: 'ok' },
  'GET /readyz': { run: 'curl -fsS http://127.0.0.1:4280/readyz', expect: 'ready' },
  'GET /metrics': {
    run: `curl -fsS http://127.0.0.1:4280/metrics | grep '^ffleet_jobs'`,
    expect: 'ffleet_jobs_submitted_total',
  },
}
