import { statSync } from "node:fs";
import { AppError } from "@tidewatch/core/errors";
import { mineLine, minerOf } from "@tidewatch/core/log/template/miner";
import { type TemplateStore, templatesOf } from "@tidewatch/core/log/template/store";
import { currentTemplate, type Template, templateId, templateText } from "@tidewatch/core/log/template/template";
import { keepInputs } from "../output/inputs-kept.ts";
import { progress, thousands } from "../output/progress.ts";
import { rejections } from "../output/rejections.ts";
import { fitted, table } from "../output/table.ts";
import { textFile } from "../output/text-file.ts";
import { type LogOptions, logEvents, nameOf } from "./log-events.ts";

type MinedLine = { id: string; template: Template };

/**
 * `tidewatch logs parse`: a row per line, with the template that its event has when the whole log is read. A file is
 * read twice, so that memory does not grow with it; of a pipe, all lines are kept.
 */
export const runParse = async (options: LogOptions & { output: string }): Promise<void> => {
  keepInputs(options.output, [options.input]);
  // What a pipe gave is gone.
  const isFile = options.input !== "-" && (statSync(options.input, { throwIfNoEntry: false })?.isFile() ?? false);
  const kept: MinedLine[] = [];
  const mined = await mine(options, (template, ids) => {
    if (!isFile) for (const id of ids) kept.push({ id, template });
  });
  const output = await textFile(options.output);
  const cells = new Map<Template, string>();
  let rows = 0;
  await output.write("line_id,event_id,template\n");
  for await (const { id, template } of isFile ? minedAgain(options, mined.store) : kept) {
    const current = currentTemplate(template);
    const cell = cells.get(current) ?? `${templateId(current)},${quoted(templateText(current))}`;
    cells.set(current, cell);
    await output.write(`${quoted(id)},${cell}\n`);
    rows++;
  }
  await output.close();
  mined.say(`${thousands(rows)} lines, ${thousands(mined.store.size)} templates, ${mined.speed}`);
};

/** The lines once more; the store knows them all by now. */
async function* minedAgain(options: LogOptions, store: TemplateStore): AsyncGenerator<MinedLine> {
  const silent = () => undefined;
  const miner = minerOf(store);
  for await (const { record, ids } of logEvents(options, silent, silent)) {
    const template = mineLine(miner, record.message);
    for (const id of ids) yield { id, template };
  }
}

/** `tidewatch logs templates`: the templates of a log, most frequent first. */
export const runTemplates = async (options: LogOptions & { json?: true }): Promise<void> => {
  const count = await mine(options, () => undefined);
  if (count.events === 0) throw new AppError("VALIDATION", `${nameOf(options.input)} has no lines.`);
  const rows = Array.from(templatesOf(count.store), (template) => ({
    id: templateId(template),
    events: template.count,
    template: templateText(template),
    earlierIds: template.earlier,
  })).sort((a, b) => b.events - a.events || (a.id < b.id ? -1 : 1));
  if (options.json) console.log(JSON.stringify(rows));
  else
    console.log(
      fitted(
        table(
          ["events", "id", "template"],
          rows.map(({ events, id, template }) => [events, id, template]),
        ),
      ),
    );
};

const mine = async (options: LogOptions, onEvent: (template: Template, ids: string[]) => void) => {
  const line = progress();
  const say = (text: string) => {
    line.clear();
    console.error(text);
  };
  const skipped = rejections(undefined, say);
  const miner = minerOf();
  const startMs = performance.now();
  let events = 0;
  for await (const { record, ids } of logEvents(options, skipped.add, say)) {
    onEvent(mineLine(miner, record.message), ids);
    events++;
    line.update(() => `${thousands(events)} events, ${thousands(miner.store.size)} templates`);
  }
  line.clear();
  await skipped.close();
  const speed = `${thousands(events / ((performance.now() - startMs) / 1000))} events/s`;
  return { store: miner.store, events, speed, say };
};

const quoted = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
