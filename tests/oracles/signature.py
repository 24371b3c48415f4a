"""Verifies a signed request and its signed answer, JSON on standard input, with http-message-signatures.

The JSON comes from `cargo run -p collectors --example sign`. Besides the pair itself, each thing that the
signatures must cover is changed once, and the package must refuse it then.
"""

import copy
import datetime
import json
import sys
from types import SimpleNamespace

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


def request_of(given):
    headers = dict(given["request"]["headers"])
    headers["content-type"] = given["content_type"]
    return SimpleNamespace(method="POST", url="https://collector.example/00200/mpn", headers=headers)


def response_of(given):
    headers = dict(given["response"]["headers"])
    headers["content-type"] = given["content_type"]
    return SimpleNamespace(status_code=200, headers=headers, request=request_of(given))


def verify(message, side, components):
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(side["public_key"]))
    resolver = MappingKeyResolver(public_keys={side["key_id"]: key}, private_keys={})
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=resolver)
    results = verifier.verify(
        message,
        max_age=datetime.timedelta(seconds=300),
        expect_tag="mpn-v1",
        expect_label="mpn",
        require_components=components,
        body=side["body"].encode(),
    )
    covered = [name for name in results[0].covered_components if name != '"@signature-params"']
    assert tuple(covered) == components, covered
    assert results[0].parameters["alg"] == "ed25519", results[0].parameters


def refused(what, message, side, components):
    try:
        verify(message, side, components)
    except (InvalidSignature, HTTPMessageSignaturesException):
        return
    raise SystemExit(f"the package accepts {what}: our signature does not cover it")


def main():
    given = json.load(sys.stdin)
    request, response = given["request"], given["response"]
    verify(request_of(given), request, REQUEST_COMPONENTS)
    verify(response_of(given), response, RESPONSE_COMPONENTS)

    message = request_of(given)
    message.method = "PUT"
    refused("another method", message, request, REQUEST_COMPONENTS)
    message = request_of(given)
    message.url = "https://collector.example/00500/mpn"
    refused("another path", message, request, REQUEST_COMPONENTS)
    message = request_of(given)
    message.headers["content-type"] = "text/xml"
    refused("another content type", message, request, REQUEST_COMPONENTS)
    message = response_of(given)
    message.status_code = 500
    refused("another status", message, response, RESPONSE_COMPONENTS)
    message = response_of(given)
    message.request.headers["content-digest"] = message.headers["content-digest"]
    refused("the answer to another request", message, response, RESPONSE_COMPONENTS)
    for side, of, components in (
        (request, request_of, REQUEST_COMPONENTS),
        (response, response_of, RESPONSE_COMPONENTS),
    ):
        tampered = copy.deepcopy(side)
        tampered["body"] += " "
        refused("another content", of(given), tampered, components)
    print("the signatures of a request and an answer agree with http-message-signatures")


main()
