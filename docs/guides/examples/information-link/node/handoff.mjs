// Makes and opens a hand-off with jose, under the key in a JWK file.
// usage: node handoff.mjs make KEY < contents.json, or: node handoff.mjs open KEY < bill

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { CompactEncrypt, compactDecrypt, importJWK } from "jose";

const [, , verb, keyFile] = process.argv;
const jwk = JSON.parse(readFileSync(keyFile, "utf8"));
const key = await importJWK(jwk, "dir");
const input = readFileSync(0, "utf8").trim();

if (verb === "make") {
  const contents = {
    ...JSON.parse(input),
    v: 1,
    issued_at: new Date().toISOString(),
    nonce: randomBytes(12).toString("base64url"),
  };
  const bill = await new CompactEncrypt(new TextEncoder().encode(JSON.stringify(contents)))
    .setProtectedHeader({ alg: "dir", enc: "A256GCM", kid: jwk.kid })
    .encrypt(key);
  console.log(bill);
} else {
  const { plaintext } = await compactDecrypt(input, key, {
    keyManagementAlgorithms: ["dir"],
    contentEncryptionAlgorithms: ["A256GCM"],
  });
  console.log(new TextDecoder().decode(plaintext));
}
