"""Makes and opens a hand-off with jwcrypto, under the key in a JWK file.

usage: python handoff.py make KEY < contents.json, or: python handoff.py open KEY < bill
"""

import datetime
import json
import secrets
import sys

from jwcrypto import jwe, jwk

verb, key_file = sys.argv[1:]
with open(key_file, encoding="utf-8") as file:
    key = jwk.JWK.from_json(file.read())
given = sys.stdin.buffer.read().decode("utf-8").strip()

if verb == "make":
    contents = {
        **json.loads(given),
        "v": 1,
        "issued_at": datetime.datetime.now(datetime.timezone.utc).isoformat(),
        "nonce": secrets.token_urlsafe(12),
    }
    header = {"alg": "dir", "enc": "A256GCM", "kid": key["kid"]}
    bill = jwe.JWE(json.dumps(contents).encode(), protected=json.dumps(header), recipient=key)
    print(bill.serialize(compact=True))
else:
    bill = jwe.JWE(algs=["dir", "A256GCM"])
    bill.deserialize(given, key)
    print(bill.payload.decode("utf-8"))
