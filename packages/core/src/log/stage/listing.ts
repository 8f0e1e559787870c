import { AppError } from "../../errors.ts";
import { templateKey } from "../../store/keys.ts";
import type { Put, Table } from "../../store/ports.ts";
import { StoredTemplate } from "../store/templates.ts";
import { type Template, templateId, templateText } from "../template/template.ts";
import type { PlacedLine } from "./route.ts";

/** Texts of templates by id, as they were listed; grows with what is asked for. */
export type Texts = Map<string, string>;

/** A template that a line was given, as it was then. */
export type HandedTemplate = { template: Template; line: PlacedLine; level: string | undefined; isNew: boolean };

/** As it is when its first line comes: later lines may show that more of it is a variable. */
export const newListing = ({ template, line, level, isNew }: HandedTemplate): StoredTemplate => {
  const { event, record, part } = line;
  const { shardId, sequenceNumber, arrivalMs } = record;
  return {
    id: templateId(template),
    text: templateText(template),
    ...(level !== undefined && { level }),
    firstMs: event.timestamp,
    first: { shardId, sequenceNumber, arrivalMs, part },
    isNew,
  };
};

/** Lists templates that are not listed yet; returns how many there were. Another consumer's listing stands. */
export const listTemplates = async (
  table: Table,
  detectorId: string,
  handed: ReadonlyMap<string, StoredTemplate>,
  texts: Texts,
): Promise<number> => {
  const unknown = [...handed.values()].filter(({ id }) => !texts.has(id));
  await readTexts(
    table,
    detectorId,
    unknown.map(({ id }) => id),
    texts,
  );
  const puts = unknown.flatMap((template): Put[] => {
    if (texts.has(template.id)) return [];
    texts.set(template.id, template.text);
    const item = { ...templateKey(detectorId, template.id), version: 1, doc: JSON.stringify(template) };
    return [{ item, condition: { kind: "absent" } }];
  });
  if (puts.length > 0) await table.putMany(puts);
  return puts.length;
};

/** Reads texts that are not known yet. An id that is not listed stays out. */
export const readTexts = async (table: Table, detectorId: string, ids: readonly string[], texts: Texts): Promise<void> => {
  const unknown = ids.filter((id) => !texts.has(id));
  if (unknown.length === 0) return;
  for (const item of await table.getMany(unknown.map((id) => templateKey(detectorId, id)))) {
    if (!item) continue;
    const parsed = StoredTemplate.safeParse(JSON.parse(item.doc ?? "null"));
    if (!parsed.success) throw new AppError("CORRUPT", `the stored template ${item.sk} cannot be read`);
    texts.set(parsed.data.id, parsed.data.text);
  }
};
