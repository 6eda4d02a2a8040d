"""A chatbot's receiving end, written from docs/chatbot-contract.md with Python's standard library alone.

HMAC_SECRET=... python3 receiver.py <issuer> <client id> <client key>
prints its port, then a line of JSON for everything it takes. Left out: verifying the access token itself, which needs
a JWT library and the IdP's keys, and keeping the two tokens, encrypted.
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

SIGNED = {"client_key": str, "chatbot_user_id": str, "ts": int, "nonce": str}
TOKENS = {"relay_access_token": str, "offline_refresh_token": str, "expires_in": int, "refresh_expires_in": int}
FIELDS = {"/users/callback": {**SIGNED, **TOKENS, "issuer": str, "aud": str}, "/users/unlink": {**SIGNED, "event": str}}
STATUS = {"taken": 200, "callback-malformed": 400}
WITHIN_SECONDS = 300
LARGEST_BODY = 65536


def signature_of(secret, payload):
    canonical = json.dumps(payload, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    digest = hmac.new(secret.encode(), canonical.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def types_of(payload):
    # type(), not isinstance(): in Python a boolean is an integer too.
    return {name: type(value) for name, value in payload.items()} if type(payload) is dict else {}


def subject_of(token):
    claims = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["sub"]


class Receiver(BaseHTTPRequestHandler):
    secret, expected, spent = "", {}, {}

    def do_POST(self):
        try:
            length = int(self.headers.get("Content-Length", ""))
            payload = json.loads(self.rfile.read(length) if 0 < length <= LARGEST_BODY else b"")
            verdict = self.judge(payload, self.headers.get("X-Relay-Signature", ""))
        except (ValueError, RecursionError):
            verdict = "callback-malformed"
        if verdict == "taken":
            self.keep(payload)
        body = json.dumps({"detail": verdict}).encode()
        self.send_response(STATUS.get(verdict, 401))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def judge(self, payload, signature):
        if not hmac.compare_digest(signature_of(self.secret, payload).encode(), signature.encode()):
            return "relay-signature-invalid"
        types, now = types_of(payload), time.time()
        if types.get("ts") is not int or types.get("nonce") is not str:
            return "callback-malformed"
        if abs(now - payload["ts"]) > WITHIN_SECONDS:
            return "callback-late"
        for nonce in [nonce for nonce, ts in self.spent.items() if now - ts > WITHIN_SECONDS]:
            del self.spent[nonce]
        if payload["nonce"] in self.spent:
            return "nonce-used"
        self.spent[payload["nonce"]] = payload["ts"]
        if types != FIELDS.get(self.path):
            return "callback-malformed"
        wrong = [name for name, value in self.expected.items() if payload.get(name, value) != value]
        return f"{wrong[0]}-mismatch" if wrong else "taken"

    def keep(self, payload):
        kept = {name: value for name, value in payload.items() if not name.endswith("_token")}
        if "relay_access_token" in payload:
            kept["sub"] = subject_of(payload["relay_access_token"])
        print(json.dumps(kept), flush=True)

    def log_message(self, *_):
        """Prints nothing: standard output is for what is taken."""


if __name__ == "__main__":
    Receiver.secret = os.environ["HMAC_SECRET"]
    Receiver.expected = dict(zip(("issuer", "aud", "client_key"), sys.argv[1:], strict=True), event="unlink")
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    print(server.server_port, flush=True)
    server.serve_forever()
