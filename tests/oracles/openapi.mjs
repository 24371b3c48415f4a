// Validates the OpenAPI document on standard input with @seriousme/openapi-schema-validator.
// usage: node openapi.mjs FOLDER_WITH_NODE_MODULES

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(`${process.argv[2]}/`);
const { Validator } = await import(pathToFileURL(require.resolve("@seriousme/openapi-schema-validator")));

const document = JSON.parse(readFileSync(0, "utf8"));
const validator = new Validator();
const { valid, errors } = await validator.validate(document);
if (!valid) {
  console.log(JSON.stringify(errors, null, 2));
}
const calls = Object.values(document.paths).flatMap((item) => Object.keys(item));
console.log(`${calls.length} calls of an OpenAPI ${validator.version} document`);
process.exit(valid && validator.version === "3.1" && calls.length > 20 ? 0 : 1);
