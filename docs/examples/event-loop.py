"""What goes wrong with event loops when ffmpeg is captured from asyncio, and how it goes right.

python3 event-loop.py closed|running|fixed in.mp4
"""

import asyncio
import gc
import sys
import threading

OPTIONS = ["-nostdin", "-nostats", "-v", "error", "-progress", "pipe:1"]


def start(source):
    return asyncio.create_subprocess_exec(
        "ffmpeg", *OPTIONS, "-re", "-i", f"file:{source}", "-f", "null", "-", stdout=asyncio.subprocess.PIPE
    )


async def blocks(source):
    """Runs ffmpeg to its end, and gives how many blocks it reported."""
    ffmpeg = await start(source)
    try:
        count = 0
        async for line in ffmpeg.stdout:
            count += line.startswith(b"progress=")
        return count
    except BaseException:  # such as when this task is cancelled; not otherwise, as kill() would hide how ffmpeg ended
        ffmpeg.kill()
        raise
    finally:  # nobody leaves before ffmpeg has ended
        await ffmpeg.wait()


def closed(source):
    """asyncio.run() closes its loop while ffmpeg still runs; what is left of the process is thrown away later."""
    asyncio.run(start(source))
    for thread in threading.enumerate():  # up to Python 3.11 one waits for ffmpeg's end
        if thread is not threading.main_thread():
            thread.join()
    gc.collect()  # Exception ignored in: <function BaseSubprocessTransport.__del__ ...> RuntimeError: Event loop is closed


async def running(source):
    """A loop that runs cannot be asked to run something else to its end: in a notebook, in a web handler."""
    coroutine = blocks(source)
    try:
        return asyncio.get_running_loop().run_until_complete(coroutine)
    except RuntimeError as error:  # This event loop is already running
        coroutine.close()
        return error


async def fixed(source):
    """Inside a running loop there is nothing to run: await it. `await blocks(...)` works in a notebook cell as it is."""
    return await blocks(source)


if __name__ == "__main__":
    what, source = sys.argv[1:3]
    result = closed(source) if what == "closed" else asyncio.run({"running": running, "fixed": fixed}[what](source))
    print(repr(result))
