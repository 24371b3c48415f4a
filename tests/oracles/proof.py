"""Verifies a payment's proof with other people's code: proof.py PROOF.json KEYS.json

Messages go through http-message-signatures, the hub's own signatures through cryptography, and the audit log's chain
is computed anew from docs/guides/proof.md. Besides the proof itself, each thing that a signature must cover is changed
once, and must be refused then.
"""

import base64
import copy
import datetime
import hashlib
import json
import sys
import uuid
from types import SimpleNamespace

from cryptography.exceptions import InvalidSignature as WrongSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageVerifier,
    InvalidSignature,
    MappingKeyResolver,
    algorithms,
)

REQUEST_COMPONENTS = ('"@method"', '"@path"', '"content-type"', '"content-digest"')
RESPONSE_COMPONENTS = ('"@status"', '"content-digest"', '"content-digest";req')
AGES = datetime.timedelta(days=36500)


def fail(what):
    raise SystemExit(f"proof.py: {what}")


def keys_of(keys, owner):
    found = {}
    for key in keys["keys"]:
        if key["owner"] == owner:
            found[key["kid"]] = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(key["x"] + "="))
    return found or fail(f"no key of {owner}")


def request_of(exchange):
    request = exchange["request"]
    return SimpleNamespace(
        method=request["method"], url="https://collector.example" + request["path"], headers=dict(request["headers"])
    )


def response_of(exchange):
    response = exchange["response"]
    return SimpleNamespace(
        status_code=response["status"], headers=dict(response["headers"]), request=request_of(exchange)
    )


def verify(message, body, keys, components):
    resolver = MappingKeyResolver(public_keys=keys, private_keys={})
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=resolver)
    results = verifier.verify(
        message,
        max_age=AGES,
        expect_tag="mpn-v1",
        expect_label="mpn",
        require_components=components,
        body=base64.b64decode(body),
    )
    covered = [name for name in results[0].covered_components if name != '"@signature-params"']
    assert tuple(covered) == components, covered


def refused(what, message, body, keys, components):
    try:
        verify(message, body, keys, components)
    except (InvalidSignature, HTTPMessageSignaturesException):
        return
    fail(f"{what} is accepted")


def messages(proof, hub, collector):
    signed = 0
    for exchange in proof["exchanges"]:
        body = exchange["request"]["body"]
        verify(request_of(exchange), body, hub, REQUEST_COMPONENTS)
        signed += 1
        other = base64.b64encode(base64.b64decode(body) + b" ").decode()
        refused("another request", request_of(exchange), other, hub, REQUEST_COMPONENTS)
        if "response" not in exchange:
            continue
        answer = exchange["response"]["body"]
        verify(response_of(exchange), answer, collector, RESPONSE_COMPONENTS)
        signed += 1
        of_another = response_of(exchange)
        of_another.request.headers["content-digest"] = of_another.headers["content-digest"]
        refused("the answer to another request", of_another, answer, collector, RESPONSE_COMPONENTS)
    return signed


def signed_by(keys, signature, text):
    try:
        keys[signature["key_id"]].verify(base64.b64decode(signature["value"]), text)
        return True
    except WrongSignature:
        return False


def whole(bundle, hub):
    def text(proof):
        compact = json.dumps(proof, separators=(",", ":"), ensure_ascii=False)
        return b"mpn-proof-1\n" + compact.encode()

    if not signed_by(hub, bundle["signature"], text(bundle["proof"])):
        fail("the hub did not sign the file")
    other = copy.deepcopy(bundle["proof"])
    other["facts"]["amount"] += 1
    if signed_by(hub, bundle["signature"], text(other)):
        fail("another amount is accepted")


def number(value):
    return value.to_bytes(8, "big", signed=True)


def text(value):
    return number(len(value.encode())) + value.encode()


def optional(value, write):
    return number(0) if value is None else number(1) + write(value)


def digest(kind, *parts):
    return hashlib.sha256(text(kind) + b"".join(parts)).digest()


def transfer_digest(row):
    kind = ["posted", "hold", "post_hold", "void_hold"].index(row["kind"])
    return digest(
        "mpn-transfer-1",
        number(row["position"]),
        uuid.UUID(row["id"]).bytes,
        number(row["debit"]),
        number(row["credit"]),
        number(row["amount"]),
        number(kind),
        optional(row.get("hold"), lambda hold: uuid.UUID(hold).bytes),
        number(row["at_us"]),
        text(row["memo"]),
    )


def event_digest(row, payment):
    def message(encoded):
        decoded = base64.b64decode(encoded)
        return number(len(decoded)) + decoded

    return digest(
        "mpn-event-1",
        number(row["position"]),
        payment.bytes,
        number(row["seq"]),
        text(row["kind"]),
        number(row["at_us"]),
        text(row["body"]),
        optional(row.get("message"), message),
    )


def rows(shown, own):
    return [own.pop(row) if isinstance(row, int) else bytes.fromhex(row) for row in shown]


def record_digest(record, transfers, events):
    moved, happened = rows(record["transfers"], transfers), rows(record["events"], events)
    content = digest("mpn-content-1", number(len(moved)), *moved, number(len(happened)), *happened)
    return digest(
        "mpn-record-1",
        bytes.fromhex(record["salt"]),
        number(record["at_us"]),
        optional(record.get("contract"), lambda contract: uuid.UUID(contract).bytes),
        text(record["actor"]),
        text(record["action"]),
        text(record["subject"]),
        text(record["detail"]),
        number(1) + content,
    )


def heads_text(heads):
    named = [
        uuid.UUID(head["writer"]).bytes + number(head["number"]) + bytes.fromhex(head["head"]) for head in heads["heads"]
    ]
    hashed = digest(
        "mpn-heads-1",
        bytes.fromhex(heads["before"]),
        number(heads["number"]),
        number(heads["at_us"]),
        number(len(named)),
        *named,
    )
    return f"mpn-audit-heads-v1\n{heads['number']}\n{heads['at_us']}\n{hashed.hex()}\n".encode()


def log(proof, hub):
    payment = uuid.UUID(proof["facts"]["id"])
    transfers = {row["position"]: transfer_digest(row) for row in proof["transfers"]}
    events = {row["position"]: event_digest(row, payment) for row in proof["events"]}
    for segment in proof["log"]:
        writer, at, head = uuid.UUID(segment["writer"]), segment["before"], bytes.fromhex(segment["head"])
        for entry in segment["entries"]:
            own = isinstance(entry, dict)
            entry_digest = record_digest(entry, transfers, events) if own else bytes.fromhex(entry)
            at += 1
            head = digest("mpn-head-1", head, writer.bytes, number(at), entry_digest)
        heads = segment["heads"]
        if {"writer": segment["writer"], "number": at, "head": head.hex()} not in heads["heads"]:
            fail("the audit log does not lead to its heads record")
        if not signed_by(hub, heads["seal"], heads_text(heads)):
            fail("the heads record is not sealed")
    if transfers or events:
        fail("not everything is vouched for")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        bundle = json.load(file)
    with open(sys.argv[2], encoding="utf-8") as file:
        keys = json.load(file)
    proof = bundle["proof"]
    hub = keys_of(keys, proof["facts"]["message_key"].split("/")[0])
    collector = keys_of(keys, "C" + proof["facts"]["collector"])
    whole(bundle, hub)
    signed = messages(proof, hub, collector)
    log(proof, hub)
    print(f"a proof with {signed} signed messages and {len(proof['log'])} stretches of the audit log holds")


main()
