"""Asks the relay for a login link, with Python's standard library alone, and prints status and body of the answer.

ISSUE_SECRET=... python3 issue.py <relay> < request.json      without ISSUE_SECRET it is not signed
"""

import json
import os
import secrets
import sys
import time
import urllib.error
import urllib.request

from receiver import signature_of

headers = {"Content-Type": "application/json"}
asked = json.load(sys.stdin)
if "ISSUE_SECRET" in os.environ:
    asked = {"ts": int(time.time()), "nonce": secrets.token_urlsafe(18), **asked}
    headers["X-Relay-Signature"] = signature_of(os.environ["ISSUE_SECRET"], asked)
request = urllib.request.Request(f"{sys.argv[1]}/issue_login_link", json.dumps(asked).encode(), headers)
try:
    answer = urllib.request.urlopen(request, timeout=5)
except urllib.error.HTTPError as refusal:
    answer = refusal
print(json.dumps({"status": answer.status, "body": json.load(answer)}))
