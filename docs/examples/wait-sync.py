"""Submits one file, waits until the job has ended, and says what became of it. Standard library only.

python3 wait-sync.py in.mov
"""

import json
import os
import sys
import time
import uuid
from urllib.error import HTTPError
from urllib.request import Request, urlopen

SERVER = os.environ.get("FFLEET_URL", "http://127.0.0.1:4280")


def call(path, body=None, headers={}):
    data = None if body is None else json.dumps(body).encode()
    request = Request(SERVER + path, data, {"Content-Type": "application/json", **headers})
    with urlopen(request, timeout=30) as response:
        return json.load(response)


def transcode(source):
    """The job once it has ended, however it ended."""
    body = {"input": source, "outputs": [{"preset": "h264-360p"}]}
    job = call("/v1/jobs", body, {"Idempotency-Key": uuid.uuid4().hex})
    while job["state"] not in ("completed", "failed", "cancelled"):
        time.sleep(1)
        try:
            job = call(f"/v1/jobs/{job['id']}")
        except OSError as error:  # the server is away for a moment; the job is not
            if isinstance(error, HTTPError) and error.code < 500:
                raise
    return job


try:
    job = transcode(sys.argv[1])
except HTTPError as refused:
    sys.exit(refused.read().decode())
if job["state"] != "completed":
    sys.exit(f"{job['id']} {job['state']}: {job['error']}")
for output in job["outputs"]:
    print(job["id"], output["path"], output["bytes"], output["sha256"])
