"""A chatbot's receiving end in Python's standard library, written from docs/chatbot-contract.md alone.

HMAC_SECRET=… python3 receiver.py <issuer> <client id> <client key>   prints its port, then a line for everything it takes.
What it leaves out: the access token's own signature (take a JWT library and the IdP's keys) and storing the tokens encrypted.
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

TEXT, NUMBER = str, int
SIGNED = {"client_key": TEXT, "chatbot_user_id": TEXT, "ts": NUMBER, "nonce": TEXT}
TOKENS = {"relay_access_token": TEXT, "offline_refresh_token": TEXT, "expires_in": NUMBER, "refresh_expires_in": NUMBER}
FIELDS = {"/callback": {**SIGNED, **TOKENS, "issuer": TEXT, "aud": TEXT}, "/unlink": {**SIGNED, "event": TEXT}}
WITHIN_SECONDS = 300
LARGEST_BODY = 65536


def signature_of(secret, payload):
    canonical = json.dumps(payload, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    digest = hmac.new(secret.encode(), canonical.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def refusal(path, body, signature, now, seen, secret, expected):
    """Why a request is not taken, as status and code; None when it is."""
    try:
        payload = json.loads(body)
        if not hmac.compare_digest(signature_of(secret, payload).encode(), signature.encode()):
            return 401, "invalid_signature"
    except (ValueError, RecursionError):
        return 401, "invalid_signature"
    fields = FIELDS[path]
    # bool is a kind of int in Python, so the exact type is asked for.
    if type(payload) is not dict or {name: type(value) for name, value in payload.items()} != fields:
        return 400, "invalid_payload"
    if abs(now - payload["ts"]) > WITHIN_SECONDS:
        return 401, "invalid_timestamp"
    # What is too old to pass the check above need not be remembered; from here on the nonce is spent.
    for nonce in [nonce for nonce, ts in seen.items() if abs(now - ts) > WITHIN_SECONDS]:
        del seen[nonce]
    if seen.setdefault(payload["nonce"], payload["ts"]) and ...:
        return 401, "replayed_nonce"
