"""Follows a job live, from its first event to its last, whenever you begin. Standard library only.

python3 follow-sync.py JOB_ID
"""

import json
import os
import sys
import time
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import Request, urlopen

SERVER = os.environ.get("FFLEET_URL", "http://127.0.0.1:4280")
SILENCE_SECONDS = 60  # then the connection may be dead, and is made anew
TERMINAL = ("job.completed", "job.failed", "job.cancelled")


def events(job_id):
    """Every event once and in order. A broken connection is resumed after the last event that came."""
    after, ended = "", False
    while not ended:
        request = Request(f"{SERVER}/v1/jobs/{job_id}/events{after}", headers={"Accept": "application/x-ndjson"})
        try:
            with urlopen(request, timeout=SILENCE_SECONDS) as lines:
                for line in lines:
                    event = json.loads(line)
                    after, ended = f"?after={event['id']}", event["type"] in TERMINAL
                    yield event
        except (OSError, HTTPException, ValueError) as error:  # ValueError: cut in the middle of a line
            if isinstance(error, HTTPError) and error.code < 500:
                raise  # there is no such job
            time.sleep(1)


for event in events(sys.argv[1]):
    if event["type"] == "progress":
        progress = event["progress"]
        print(progress["phase"], progress["percent"], progress["etaMs"], flush=True)
    else:
        print(event["type"], flush=True)
sys.exit(0 if event["type"] == "job.completed" else 1)
