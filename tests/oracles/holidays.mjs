// Compares our calendar, `date,name` lines on standard input, with @holiday-jp/holiday_jp: days only, because that
// package calls the days between two holidays and the enthronement by other names.
// usage: node holidays.mjs FOLDER_WITH_NODE_MODULES

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [first, last] = [1970, 2027];
const require = createRequire(`${process.argv[2]}/`);
const { between } = require("@holiday-jp/holiday_jp");

const day = (date) => date.toISOString().slice(0, 10);
const theirs = new Set(between(new Date(`${first}-01-01`), new Date(`${last}-12-31`)).map((h) => day(h.date)));
const lines = readFileSync(0, "utf8").trim().split("\n");
const inRange = (date) => Number(date.slice(0, 4)) >= first && Number(date.slice(0, 4)) <= last;
const ours = new Set(lines.map((line) => line.split(",")[0]).filter(inRange));

let differences = 0;
for (const date of new Set([...ours, ...theirs])) {
  if (ours.has(date) !== theirs.has(date)) {
    differences += 1;
    console.log(`only in ${ours.has(date) ? "ours" : "theirs"}: ${date}`);
  }
}
console.log(`${ours.size} holidays of ${first} to ${last} compared with @holiday-jp/holiday_jp`);
process.exit(differences === 0 && ours.size > 800 ? 0 : 1);
