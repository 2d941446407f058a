#!/bin/sh
# Starts a job, follows it, and exits 0 when it completed. Needs curl and jq.
# sh shell.sh in.mov
set -eu
server=${FFLEET_URL:-http://127.0.0.1:4280}

request=$(jq -n --arg input "$1" '{$input, outputs: [{preset: "h264-360p"}]}')
job=$(curl -sS --fail-with-body -H 'Content-Type: application/json' -d "$request" "$server/v1/jobs") || {
  echo "$job" >&2
  exit 1
}
id=$(echo "$job" | jq -r .id)

curl -sSN --fail-with-body -H 'Accept: application/x-ndjson' "$server/v1/jobs/$id/events" |
  jq -r --unbuffered '[.type, (.progress.percent // empty)] | join(" ")'

test "$(curl -sS "$server/v1/jobs/$id" | jq -r .state)" = completed
