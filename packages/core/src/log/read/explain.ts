import { templateKey } from "../../store/keys.ts";
import { type Label, listLabels } from "../../store/labels.ts";
import type { LogModel } from "../model.ts";
import type { LinePointer } from "../session/session.ts";
import type { VerdictItem } from "../session/verdict.ts";
import type { SessionHead } from "../store/session-head.ts";
import type { StoredVerdict } from "../store/stored-verdict.ts";
import { StoredTemplate } from "../store/templates.ts";
import { templatesOf } from "../template/store.ts";
import { templateId, templateText } from "../template/template.ts";
import { judged } from "./judged.ts";
import { type PointerPorts, type RawLine, resolvePointers } from "./pointers.ts";

/**
 * A verdict's item with the raw line of its first line; of a template without any line in the session there is none.
 */
export type ExplainedItem = Omit<VerdictItem, "first"> & { firstLine: RawLine | undefined };
export type Explained = {
  /** `undefined` while no model can judge it. */
  verdict: Omit<StoredVerdict, "missing" | "extra" | "firstOffending"> | undefined;
  missing: ExplainedItem[];
  extra: ExplainedItem[];
  firstOffending: RawLine | undefined;
  label: Label | undefined;
};

/** What there is to say of one session, with the raw lines that show it. */
export const explainSession = async (
  ports: PointerPorts,
  detectorId: string,
  head: SessionHead,
  model: LogModel | undefined,
): Promise<Explained> => {
  const textOf = await textsFor(ports, detectorId, head, model);
  const found = judged(head, model, textOf);
  const label = await labelOf(ports, detectorId, head);
  if (!found) return { verdict: undefined, missing: [], extra: [], firstOffending: undefined, label };
  const { missing, extra, firstOffending, ...verdict } = found;
  // The line at fault first: a request looks into so many objects only.
  const pointers = [firstOffending, ...extra.map(({ first }) => first), ...missing.map(({ first }) => first)];
  const lineOf = await linesOf(ports, pointers);
  const explained = ({ first, ...item }: StoredVerdict["missing"][number]): ExplainedItem => ({
    ...item,
    firstLine: lineOf(first),
  });
  return {
    ...{ verdict, label, firstOffending: lineOf(firstOffending) },
    missing: missing.map(explained),
    extra: extra.map(explained),
  };
};

const linesOf = async (ports: PointerPorts, pointers: readonly (LinePointer | undefined)[]) => {
  const wanted = pointers.filter((pointer) => pointer !== undefined);
  const lines = await resolvePointers(ports, wanted);
  const byPointer = new Map(wanted.map((pointer, index) => [pointer, lines[index]!]));
  return (pointer: LinePointer | undefined) => pointer && byPointer.get(pointer);
};

/** A verdict that is kept says how its templates read; one that is made now must be told. */
const textsFor = async (
  { table }: Pick<PointerPorts, "table">,
  detectorId: string,
  { session }: SessionHead,
  model: LogModel | undefined,
): Promise<(id: string) => string> => {
  const texts = new Map<string, string>();
  for (const template of model ? templatesOf(model.templates) : [])
    texts.set(templateId(template), templateText(template));
  const unknown = session.entries.map((entry) => entry.templateId).filter((id) => !texts.has(id));
  const items = model ? await table.getMany(unknown.map((id) => templateKey(detectorId, id))) : [];
  for (const item of items) {
    const parsed = StoredTemplate.safeParse(JSON.parse(item?.doc ?? "null"));
    if (parsed.success) texts.set(parsed.data.id, parsed.data.text);
  }
  return (id) => texts.get(id) ?? id;
};

/**
 * As training takes it: of the labels of its key that hold the session's beginning, the last one, or the shorter one.
 */
const labelOf = async (
  { table }: Pick<PointerPorts, "table">,
  detectorId: string,
  { session: { key, firstMs } }: SessionHead,
): Promise<Label | undefined> => {
  const labels = (await listLabels(table, detectorId, { entity: key })).map(({ label }) => label);
  return labels
    .filter(({ fromMs, toMs }) => fromMs <= firstMs && toMs > firstMs)
    .toSorted((a, b) => b.createdAtMs - a.createdAtMs || a.toMs - a.fromMs - (b.toMs - b.fromMs))[0];
};
