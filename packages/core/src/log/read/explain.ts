import { templateKey } from "../../store/keys.ts";
import { type Label, listLabels } from "../../store/labels.ts";
import type { LogModel } from "../model.ts";
import { type LinePointer, templateCounts } from "../session/session.ts";
import type { VerdictItem } from "../session/verdict.ts";
import type { SessionHead } from "../store/session-head.ts";
import type { StoredVerdict } from "../store/stored-verdict.ts";
import { templateIn } from "../store/templates.ts";
import { templateTexts } from "../template/store.ts";
import { judged } from "./judged.ts";
import { type PointerPorts, type RawLine, resolvePointers } from "./pointers.ts";

/**
 * A verdict's item with the raw line of its first line; of a template without any line in the session there is none.
 */
export type ExplainedItem = Omit<VerdictItem, "first"> & { firstLine: RawLine | undefined };
export type Explained = {
  /** In the order in which they came first. */
  templates: { id: string; text: string; count: number }[];
  /** `undefined` while no model can judge it. */
  verdict: Omit<StoredVerdict, "missing" | "extra" | "firstOffending"> | undefined;
  missing: ExplainedItem[];
  extra: ExplainedItem[];
  firstOffending: RawLine | undefined;
  label: Label | undefined;
};

/** Templates of a session that are told. */
const MAX_TEMPLATES = 100;

/** What there is to say of one session, with the raw lines that show it. */
export const explainSession = async (
  ports: PointerPorts,
  detectorId: string,
  head: SessionHead,
  model: LogModel | undefined,
): Promise<Explained> => {
  const counts = templateCounts(head.session, model?.currentId ?? ((id) => id));
  const textOf = await textsFor(ports, detectorId, counts.keys(), model);
  const templates = Array.from(counts, ([id, count]) => ({ id, text: textOf(id), count })).slice(0, MAX_TEMPLATES);
  const found = judged(head, model, textOf);
  const label = await labelOf(ports, detectorId, head);
  if (!found) return { templates, verdict: undefined, missing: [], extra: [], firstOffending: undefined, label };
  const { missing, extra, firstOffending, ...verdict } = found;
  // The line at fault first: a request looks into so many objects only.
  const pointers = [firstOffending, ...extra.map(({ first }) => first), ...missing.map(({ first }) => first)];
  const lineOf = await linesOf(ports, pointers);
  const explained = ({ first, ...item }: StoredVerdict["missing"][number]): ExplainedItem => ({
    ...item,
    firstLine: lineOf(first),
  });
  return {
    ...{ templates, verdict, label, firstOffending: lineOf(firstOffending) },
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

/** How the session's templates read; an id that nobody knows stands for itself. */
const textsFor = async (
  { table }: Pick<PointerPorts, "table">,
  detectorId: string,
  ids: Iterable<string>,
  model: LogModel | undefined,
): Promise<(id: string) => string> => {
  const texts = model ? templateTexts(model.templates) : new Map<string, string>();
  const unknown = [...ids].filter((id) => !texts.has(id));
  const items = await table.getMany(unknown.map((id) => templateKey(detectorId, id)));
  for (const item of items) {
    const listed = item && templateIn(item);
    if (listed) texts.set(listed.id, listed.text);
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
