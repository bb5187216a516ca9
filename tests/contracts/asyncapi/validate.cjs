// Owns the verdict of AsyncAPI's own parser on one document: exit 0 when it finds no error and no warning, 1 when it does.
// node validate.cjs FILE, with NODE_PATH naming the node_modules of package-lock.json.
const { readFileSync } = require("node:fs");
const { Parser } = require("@asyncapi/parser");

const NAMES = ["error", "warning", "info", "hint"];
const WARNING = 1;

async function main(file) {
  const { document, diagnostics } = await new Parser().parse(readFileSync(file, "utf8"));
  for (const found of diagnostics) {
    console.log(`${NAMES[found.severity]} ${found.path.join(".")}: ${found.message} (${found.code})`);
  }
  const valid = document !== undefined && diagnostics.every((found) => found.severity > WARNING);
  console.log(valid ? `valid: ${document.operations().all().length} operations` : "not valid");
  return valid ? 0 : 1;
}

main(process.argv[2]).then(
  (code) => process.exit(code),
  (error) => {
    console.error(error);
    process.exit(2);
  },
);
