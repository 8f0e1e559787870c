import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { mineLine, minerOf } from "@tidewatch/core/log/template/miner";
import { currentTemplate, templateId, templateText } from "@tidewatch/core/log/template/template";
import { readCsv } from "./log-data.ts";
import type { Row } from "./log-verdicts.ts";

const TRUTH = ".truth.csv.gz";

export const hasLogparse = (folder: string): boolean =>
  existsSync(folder) && readdirSync(folder).some((name) => name.endsWith(TRUTH));

/**
 * Per system: share of the lines whose group holds exactly the lines of their true group (Zhu et al. 2019), and share
 * of the lines whose template reads as the corrected truth does (Khan et al. 2022), neighbouring variables as one.
 */
export const grouping = (folder: string): Row[] => {
  const systems = readdirSync(folder)
    .filter((name) => name.endsWith(TRUTH))
    .map((name) => {
      const system = name.replace(TRUTH, "");
      const truth = readCsv(join(folder, name));
      const miner = minerOf();
      const mined = readCsv(join(folder, `${system}.input.csv.gz`)).map(({ content }) => mineLine(miner, content!));
      const templates = mined.map(currentTemplate);
      const texts = templates.filter(
        (one, row) => folded(templateText(one)) === folded(truth[row]!.template_corrected!),
      );
      return {
        system,
        accuracy: accuracyOf(
          templates.map(templateId),
          truth.map(({ event_id }) => event_id!),
        ),
        texts: texts.length / truth.length,
        templates: miner.store.size,
      };
    });
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value / values.length, 0);
  const row = (system: string, accuracy: number, texts: number, more: string): Row => [
    "grouping accuracy",
    system,
    accuracy.toFixed(4),
    `template text ${texts.toFixed(4)}${more}`,
  ];
  return [
    ...systems.map(({ system, accuracy, texts, templates }) =>
      row(system, accuracy, texts, `, ${templates} templates`),
    ),
    row("mean", mean(systems.map(({ accuracy }) => accuracy)), mean(systems.map(({ texts }) => texts)), ""),
  ];
};

const accuracyOf = (predicted: readonly string[], truth: readonly string[]): number => {
  const groupsOf = (ids: readonly string[]) => Map.groupBy(ids.keys(), (line) => ids[line]!);
  const trueGroups = groupsOf(truth);
  let right = 0;
  for (const lines of groupsOf(predicted).values()) {
    const [first] = lines;
    const same = lines.every((line) => truth[line] === truth[first!]);
    if (same && trueGroups.get(truth[first!]!)!.length === lines.length) right += lines.length;
  }
  return right / truth.length;
};

const folded = (text: string): string =>
  text
    .trim()
    .replace(/\s+/g, " ")
    .replace(/<\*>(?:[\s,:;./\-_=]*<\*>)+/g, "<*>");
