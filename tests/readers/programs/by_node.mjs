// JSON by Node's JSON.parse, in the form of cells.py. Numbers are doubles here.
import { createWriteStream, readFileSync } from "node:fs";

const [, , , file, out] = process.argv;

const cell = (value) => {
  if (value === null) return null;
  if (typeof value === "string") return ["text", value];
  if (typeof value === "boolean") return ["boolean", value ? "t" : "f"];
  if (typeof value === "number") return ["number", Object.is(value, -0) ? "-0" : String(value)];
  return ["json", JSON.stringify(value)];
};

const said = createWriteStream(out);
const rows = JSON.parse(readFileSync(file, "utf8"));
said.write(JSON.stringify(Object.keys(rows[0]).map(cell)) + "\n");
for (const row of rows) said.write(JSON.stringify(Object.values(row).map(cell)) + "\n");
said.end();
