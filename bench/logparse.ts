import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { encodeStore } from "@tidewatch/core/log/template/codec";
import { mineLine, minerOf } from "@tidewatch/core/log/template/miner";
import { mergeStores, type TemplateStore } from "@tidewatch/core/log/template/store";
import { currentTemplate, templateId, templateText } from "@tidewatch/core/log/template/template";
import { readCsv, shuffled } from "./log-data.ts";

const USAGE = `Finds the templates of the logparse data sets, one configuration for all systems.

  node bench/logparse.ts DATA --output RESULTS     RESULTS/<System>.csv: line_id,event_id,template, for parse_score.py
  node bench/logparse.ts DATA --column raw         the lines with their headers (default: content)

DATA/<System>.input.csv.gz with the columns line_id, raw, content. Prints a line per system: its templates, the share of
lines whose id was joined to another one later, and whether a shuffled run and two merged workers give the same bytes.`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    output: { type: "string" },
    column: { type: "string", default: "content" },
    help: { type: "boolean", short: "h" },
  },
});
const [data] = positionals;
if (!data || options.help) {
  console.log(USAGE);
  process.exit(options.help ? 0 : 2);
}

const storeOf = (lines: readonly string[]): TemplateStore => {
  const miner = minerOf();
  for (const line of lines) mineLine(miner, line);
  return miner.store;
};

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

for (const file of readdirSync(data).filter((name) => name.endsWith(".input.csv.gz"))) {
  const system = file.replace(".input.csv.gz", "");
  const rows = readCsv(join(data, file));
  const lines = rows.map((row) => row[options.column]!);
  const miner = minerOf();
  const templates = lines.map((line) => {
    const template = mineLine(miner, line);
    return { template, firstId: templateId(template) };
  });
  const final = templates.map(({ template }) => currentTemplate(template));
  const later = templates.filter(({ firstId }, index) => firstId !== templateId(final[index]!)).length;
  const bytes = encodeStore(miner.store);
  const workers = [0, 1].map((worker) => storeOf(lines.filter((_, index) => index % 2 === worker)));
  const others = [storeOf(shuffled(lines, 1)), mergeStores(workers[1]!, workers[0]!)];
  const same = others.every((store) => sameTemplates(store, miner.store));
  if (options.output) {
    mkdirSync(options.output, { recursive: true });
    const out = rows.map(
      (row, index) => `${row.line_id},${templateId(final[index]!)},${quoted(templateText(final[index]!))}`,
    );
    writeFileSync(join(options.output, `${system}.csv`), `line_id,event_id,template\n${out.join("\n")}\n`);
  }
  console.log(
    [
      `${system}: ${miner.store.size} templates`,
      `${bytes.length} bytes`,
      `${((100 * later) / lines.length).toFixed(2)} % of lines under an earlier id`,
      `shuffled and merged: ${same ? "the same" : "DIFFERENT"}`,
    ].join(" · "),
  );
}

/** Earlier ids depend on who handed out what; templates and their counts do not. */
function sameTemplates(a: TemplateStore, b: TemplateStore): boolean {
  const told = (store: TemplateStore) =>
    [...store.frames.values()]
      .flatMap(({ templates }) => templates.map((one) => `${templateId(one)} ${one.count} ${templateText(one)}`))
      .sort()
      .join("\n");
  return told(a) === told(b);
}
