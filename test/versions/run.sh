#!/usr/bin/env bash
# npm run test:ffmpeg -- VERSION|PATH [VITEST ARGUMENT…]: the tests that start ffmpeg, with another ffmpeg; with FFLEET_TESTS=all also the cases, the faults of an ffmpeg, and each kind of output. VERSION is 4.3, 7.1 or 9.0, which
# Debian's suites have (see install.sh); PATH is an ffmpeg with its ffprobe beside it. What tests feed to it is still made by the installed one.
set -euo pipefail
cd "$(dirname "$0")/../.."
wanted=${1:?which ffmpeg: 4.3, 7.1, 9.0, or the path of one}
shift
case $wanted in
  4.3) suite=bullseye ;;
  7.1) suite=trixie ;;
  9.0) suite=sid ;;
  */*) suite='' ;;
  *) echo "no such version here: $wanted; 4.3, 7.1, 9.0, or the path of an ffmpeg" >&2; exit 2 ;;
esac
if [ -n "$suite" ]; then
  folder=${XDG_CACHE_HOME:-$HOME/.cache}/ffleet-test/ffmpeg/$suite
  bash test/versions/install.sh "$suite" "$folder"
  wanted=$folder/bin/ffmpeg
fi
export FFLEET_FFMPEG=$wanted FFLEET_FFPROBE=${wanted%ffmpeg}ffprobe
"$FFLEET_FFMPEG" -version | sed -n 1p
tests=(test/integration/{animation,joins,ladder,sequence,tracks,verify}.test.ts)
# What is the same with any ffmpeg is left out: how stand-ins for one are told.
tests+=(test/integration/ffmpeg/{bytes,capabilities,log,rate-cap,run,sandbox,stop}.test.ts)
if [ "${FFLEET_TESTS:-}" = all ]; then
  tests+=(test/cases test/faults/ffmpeg.test.ts test/integration/ffmpeg/stand-ins.test.ts)
  tests+=(test/integration/{archive,burnt,drawn,extracted,mezzanine,presets,probe,sound,stills,subtitle-files}.test.ts)
fi
exec npx vitest run "$@" "${tests[@]}"
