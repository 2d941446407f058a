"""Hands files over and goes on at once; prints the id of each job. Standard library only.

python3 start-sync.py import-42 a.mov b.mov      import-42: your own name for this batch
"""

import json
import os
import sys
from urllib.error import HTTPError
from urllib.request import Request, urlopen

SERVER = os.environ.get("FFLEET_URL", "http://127.0.0.1:4280")


def start(batch, source):
    """The id of the job. Run again with the same batch and file, it gives the same job again for 24 hours."""
    body = {"input": source, "outputs": [{"preset": "h264-360p"}], "tags": {"batch": batch}}
    headers = {"Content-Type": "application/json", "Idempotency-Key": f"{batch}:{source}"}
    with urlopen(Request(f"{SERVER}/v1/jobs", json.dumps(body).encode(), headers), timeout=30) as response:
        return json.load(response)["id"]


try:
    for source in sys.argv[2:]:
        print(start(sys.argv[1], source))
except HTTPError as refused:
    sys.exit(refused.read().decode())
