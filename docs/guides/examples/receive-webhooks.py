# Receives webhooks, verifies them, and acts on each event once. Nothing but the standard library.
# WEBHOOK_SECRET=$(ffleet webhooks secret) python3 receive-webhooks.py
import base64
import hashlib
import hmac
import json
import os
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

KEY = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_"))
seen = set()  # yours: a table of your database


def verified(headers, body: bytes) -> bool:
    sent = headers.get("webhook-timestamp", "")
    if not sent.isdigit() or abs(time.time() - int(sent)) > 300:
        return False  # an old message that somebody sends again
    signed = f"{headers.get('webhook-id', '')}.{sent}.".encode() + body
    right = "v1," + base64.b64encode(hmac.digest(KEY, signed, hashlib.sha256)).decode()
    # While secrets rotate there are several.
    return any(hmac.compare_digest(right, each) for each in headers.get("webhook-signature", "").split(" "))


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if not verified(self.headers, body):
            self.send_response(401)
            return self.end_headers()
        if self.headers["webhook-id"] not in seen:
            event = json.loads(body)
            print(event["jobId"], event["type"], flush=True)
        seen.add(self.headers["webhook-id"])
        self.send_response(204)  # after it is kept, and within 15 s
        self.end_headers()

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", int(os.environ.get("PORT", "4281"))), Receiver)
print("listening", flush=True)
server.serve_forever()
