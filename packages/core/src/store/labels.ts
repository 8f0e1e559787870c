import { z } from "zod";
import { AppError } from "../errors.ts";
import { EARLIEST_TIMESTAMP_MS, EntityName, LATEST_TIMESTAMP_MS } from "../ingest/event.ts";
import { labelKey, labelPk, labelsOfEntity } from "./keys.ts";
import type { Clock, Item, Table } from "./ports.ts";

/** From and to of a label that is of all sessions of a key, whenever they were. */
export const ALWAYS = { fromMs: EARLIEST_TIMESTAMP_MS, toMs: LATEST_TIMESTAMP_MS };

const time = z.int().min(EARLIEST_TIMESTAMP_MS).max(LATEST_TIMESTAMP_MS);
const span = z.strictObject({
  detector: z.string().min(1).max(63),
  entity: EntityName,
  fromMs: time.describe("Inclusive."),
  toMs: time.describe("Exclusive."),
});
const what = {
  label: z.enum(["anomalous", "normal"]),
  note: z.string().max(1000).optional().describe("Why, for people."),
};
const inOrder = ({ fromMs, toMs }: { fromMs: number; toMs: number }) => fromMs < toMs;
const OUT_OF_ORDER = "must be later than fromMs";

/** A label as somebody gives it: what the rows of one series were during a span of time. */
export const NewLabel = span.extend(what).refine(inOrder, { path: ["toMs"], message: OUT_OF_ORDER });
export type NewLabel = z.output<typeof NewLabel>;
/**
 * Either a label of rows, or one of a session of a log detector, by its key: of those that began in the span, or without
 * one of all. Stored in one form, with the key in the entity's place.
 */
export const GivenLabel = z
  .strictObject({
    detector: span.shape.detector,
    entity: EntityName.optional().describe("Of rows: their series, with `fromMs` and `toMs`."),
    session: EntityName.optional().describe("Of a log detector's session: its key; the times may be left out."),
    fromMs: span.shape.fromMs.optional(),
    toMs: span.shape.toMs.optional(),
    ...what,
  })
  .superRefine(({ entity, session, fromMs, toMs }, context) => {
    const problem = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message });
    if ((entity === undefined) === (session === undefined)) problem("entity", "say either entity or session");
    for (const [path, ms] of Object.entries({ fromMs, toMs })) {
      if (entity !== undefined && ms === undefined) problem(path, "is missing: a label of rows has a span");
    }
    if (!inOrder({ ...ALWAYS, ...(fromMs !== undefined && { fromMs }), ...(toMs !== undefined && { toMs }) })) {
      problem("toMs", OUT_OF_ORDER);
    }
  });

export type GivenLabel = z.output<typeof GivenLabel>;

/** The label as it is stored, and whether it is one of a session. */
export const labelOf = (given: GivenLabel): { label: NewLabel; isSession: boolean } => {
  const { entity, session, fromMs = ALWAYS.fromMs, toMs = ALWAYS.toMs, ...rest } = given;
  return { label: { ...rest, entity: session ?? entity ?? "", fromMs, toMs }, isSession: session !== undefined };
};
export type LabelSpan = z.output<typeof span>;
/** Where labels overlap, the one that was made last holds; of those made at once, the shorter one. */
export type Label = NewLabel & { createdAtMs: number };

/** Labels of one request: DynamoDB takes some seconds for them at the worst. */
export const MAX_LABELS_AT_ONCE = 500;

/** An item that expired at this time is gone: how a removal is written. */
const LONG_AGO_MS = 1;
/** Labels per range query. */
const PAGE = 500;

/** Stores labels in order; one of the same series and span takes another's place. */
export const putLabels = async (
  { table, clock }: { table: Table; clock: Clock },
  labels: readonly NewLabel[],
): Promise<Label[]> => {
  const createdAtMs = clock();
  const made = labels.map((label): Label => ({ ...label, createdAtMs }));
  await table.putMany(
    made.map((label) => {
      const item = { ...keyOf(label), version: createdAtMs, doc: JSON.stringify(label) };
      return { item, condition: { kind: "any" } };
    }),
  );
  return made;
};

/** @throws AppError NOT_FOUND when no label has exactly this span */
export const removeLabel = async (table: Table, of: LabelSpan): Promise<void> => {
  const [item] = await table.getMany([keyOf(of)]);
  if (!item) {
    const [from, to] = [of.fromMs, of.toMs].map((ms) => new Date(ms).toISOString());
    throw new AppError("NOT_FOUND", `"${of.entity}" has no label from ${from} to ${to}: spans must be the very same.`);
  }
  const gone = { ...keyOf(of), version: item.version + 1, expiresAtMs: LONG_AGO_MS };
  await table.putMany([{ item: gone, condition: { kind: "any" } }]);
};

export type LabelQuery = {
  /** Of this series only. */
  entity?: string | undefined;
  /** Only those behind this key: goes on where an earlier answer ended. */
  after?: string | undefined;
  limit?: number | undefined;
};
/** `sk` is the label's place among those of its detector. */
export type StoredLabel = { sk: string; label: Label };

/** Labels of a detector, series by series, each in time order. */
export const listLabels = async (
  table: Table,
  detectorId: string,
  { entity, after, limit = Number.POSITIVE_INFINITY }: LabelQuery = {},
): Promise<StoredLabel[]> => {
  const found: StoredLabel[] = [];
  const first = entity === undefined ? "" : labelsOfEntity(entity);
  // "$" sorts right behind the "#" at the end of `first`.
  const bounds = entity === undefined ? {} : { to: `${first.slice(0, -1)}$` };
  let from = after === undefined ? first : behind(after);
  while (found.length < limit) {
    const pageSize = Math.min(PAGE, limit - found.length);
    const page = await table.query({ pk: labelPk(detectorId), from, ...bounds, limit: pageSize });
    found.push(...page.map(parse));
    if (page.length < pageSize) break;
    from = behind(page.at(-1)!.sk);
  }
  return found;
};

/** NUL is the lowest character. */
const behind = (sk: string): string => `${sk}\u0000`;

const keyOf = ({ detector, entity, fromMs, toMs }: LabelSpan) => labelKey(detector, entity, fromMs, toMs);

const StoredDocument = NewLabel.safeExtend({ createdAtMs: z.int() });
const parse = ({ sk, doc }: Item): StoredLabel => {
  const parsed = StoredDocument.safeParse(JSON.parse(doc ?? "null"));
  if (!parsed.success) throw new AppError("CORRUPT", `the stored label ${sk} cannot be read: remove it`);
  return { sk, label: parsed.data };
};
