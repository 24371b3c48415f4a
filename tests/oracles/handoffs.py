"""Hand-offs that a JOSE library makes under the key in a JWK file, of the contents on the standard input: those that a
forger would try, and last one as the guide says. One a line: its name, a space, the JWE.

usage: python handoffs.py KEY < contents.json
"""

import json
import sys

from jwcrypto import jwe, jwk, jws

with open(sys.argv[1], encoding="utf-8") as file:
    key = jwk.JWK.from_json(file.read())
contents = json.dumps(json.load(sys.stdin)).encode()
bits = key.get_op_key("encrypt")


def sealed(alg, recipient=key, enc="A256GCM", **more):
    header = {"alg": alg, "enc": enc, "kid": key["kid"], **more}
    bill = jwe.JWE(contents, protected=json.dumps(header), recipient=recipient)
    return bill.serialize(compact=True)


def signed():
    token = jws.JWS(contents)
    token.add_signature(key, protected=json.dumps({"alg": "HS256", "kid": key["kid"]}))
    return token.serialize(compact=True)


rsa = jwk.JWK.generate(kty="RSA", size=2048)
ec = jwk.JWK.generate(kty="EC", crv="P-256")
half = jwk.JWK(kty="oct", k=bits[:22])
double = jwk.JWK(kty="oct", k=jwk.base64url_encode(jwk.base64url_decode(bits) * 2))
other = jwk.JWK.generate(kty="oct", size=256)

print("compressed", sealed("dir", zip="DEF"))
print("wrapped", sealed("A256KW"))
print("wrapped-gcm", sealed("A256GCMKW"))
print("rsa", sealed("RSA-OAEP-256", rsa))
print("agreed", sealed("ECDH-ES", ec))
print("shorter", sealed("dir", half, "A128GCM"))
print("cbc", sealed("dir", double, "A256CBC-HS512"))
print("other-key", sealed("dir", other))
print("signed", signed())
print("right", sealed("dir"))
