"""Runs one ffmpeg and prints its report, one JSON line a block. Standard library only.

python3 capture.py in.mp4 out.mp4 30      30: seconds of media expected; leave it out when unknown
"""

import asyncio
import json
import sys

OPTIONS = ["-hide_banner", "-nostdin", "-nostats", "-progress", "pipe:1", "-y"]
GRACE_SECONDS = 6  # longer than one stats period and the trailer


async def capture(source, target, on_block):
    """Runs ffmpeg to its end and gives its exit code and whether the last block was `end`."""
    argv = ["ffmpeg", *OPTIONS, "-i", f"file:{source}", f"file:{target}"]
    with open(f"{target}.log", "wb") as log:  # a file and no pipe: it cannot fill up
        ffmpeg = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL,  # ffmpeg acts on letters it reads there
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            start_new_session=True,  # Ctrl-C in the terminal reaches us, not ffmpeg
        )
    block, saw_end = {}, False
    try:
        async for line in ffmpeg.stdout:
            key, _, value = line.decode("ascii", "replace").strip().partition("=")
            block[key] = value.strip()
            if key == "progress":
                saw_end = value == "end"
                on_block(block)
                block = {}
        return await ffmpeg.wait(), saw_end
    finally:  # cancelled, or on_block failed
        if ffmpeg.returncode is None:
            await stop(ffmpeg)


async def stop(ffmpeg):
    """One SIGTERM, never two; then SIGKILL. Reads on meanwhile: an ffmpeg that cannot write does not stop."""
    ffmpeg.terminate()
    try:
        await asyncio.wait_for(ffmpeg.communicate(), GRACE_SECONDS)
    except asyncio.TimeoutError:
        ffmpeg.kill()
        await ffmpeg.wait()


def percent_reader(expected_us):
    """Gives the percent after each block: 0 to 99, or None where the report does not say. Its time may jump back."""
    highest_us = None

    def percent_of(block):
        nonlocal highest_us
        out_time_us = block.get("out_time_us", "N/A")
        if out_time_us != "N/A" and not out_time_us.startswith("-"):
            highest_us = max(highest_us or 0, int(out_time_us))
        known = expected_us is not None and highest_us is not None
        return min(99, round(highest_us / expected_us * 100)) if known else None

    return percent_of


async def main(source, target, seconds=None):
    expected_us = None if seconds is None else float(seconds) * 1e6
    percent_of = percent_reader(expected_us)
    exit_code, saw_end = await capture(
        source, target, lambda block: print(json.dumps({"percent": percent_of(block), **block}), flush=True)
    )
    print(json.dumps({"exitCode": exit_code, "sawEnd": saw_end}))
    return 0 if exit_code == 0 and saw_end else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:])))
