import { AppError } from "../../errors.ts";
import { templateKey } from "../../store/keys.ts";
import type { Item, Put, Table } from "../../store/ports.ts";
import { lineDigest } from "../line/digest.ts";
import { StoredTemplate } from "../store/templates.ts";
import { type Template, templateId, templateText } from "../template/template.ts";
import type { PlacedLine } from "./route.ts";

/** Templates of a detector, as they were listed when their first lines came; what other consumers list comes later. */
export type Listing = { detectorId: string; texts: Map<string, string>; rated: Set<string>; isRead: boolean };

export const emptyListing = (detectorId: string): Listing => ({
  detectorId,
  texts: new Map(),
  rated: new Set(),
  isRead: false,
});

/** Listed templates per range query. */
const PAGE = 1000;

/** Reads all that is listed, once: some hundred small items. */
export const readListing = async (table: Table, listing: Listing): Promise<void> => {
  if (listing.isRead) return;
  let from = "";
  for (;;) {
    const page = await table.query({ pk: templateKey(listing.detectorId, "").pk, from, limit: PAGE });
    for (const item of page) note(listing, parse(item));
    if (page.length < PAGE) break;
    from = `${page.at(-1)!.sk}!`;
  }
  listing.isRead = true;
};

/** Reads what another consumer may have listed meanwhile. An id that is not listed stays out. */
export const readTexts = async (table: Table, listing: Listing, ids: readonly string[]): Promise<void> => {
  const unknown = ids.filter((id) => !listing.texts.has(id));
  if (unknown.length === 0) return;
  const items = await table.getMany(unknown.map((id) => templateKey(listing.detectorId, id)));
  for (const item of items) if (item) note(listing, parse(item));
};

/** A template that a line was given, as it reads then: later lines may show that more of it is a variable. */
export const newlyListed = (
  template: Template,
  { event, record, part }: PlacedLine,
  level: string | undefined,
  isNew: boolean,
): Omit<StoredTemplate, "isRated"> => {
  const { shardId, sequenceNumber, arrivalMs } = record;
  return {
    id: templateId(template),
    text: templateText(template),
    ...(level !== undefined && { level }),
    firstMs: event.timestamp,
    first: { shardId, sequenceNumber, arrivalMs, part, digest: lineDigest(event) },
    isNew,
  };
};

/**
 * Lists templates that are not listed yet; returns how many there were. Another consumer's listing stands.
 * @param maxRated so many templates of a detector are counted as series
 */
export const listTemplates = async (
  table: Table,
  listing: Listing,
  handed: readonly Omit<StoredTemplate, "isRated">[],
  maxRated: number,
): Promise<number> => {
  await readTexts(
    table,
    listing,
    handed.map(({ id }) => id),
  );
  const free = maxRated - listing.rated.size;
  const fresh = handed.filter(({ id }) => !listing.texts.has(id));
  const stored = fresh.map((template, index): StoredTemplate => ({ ...template, isRated: index < free }));
  const puts = stored.map((template): Put => {
    const item = { ...templateKey(listing.detectorId, template.id), version: 1, doc: JSON.stringify(template) };
    return { item, condition: { kind: "absent" } };
  });
  if (puts.length > 0) await table.putMany(puts);
  for (const template of stored) note(listing, template);
  return stored.length;
};

const note = ({ texts, rated }: Listing, { id, text, isRated }: StoredTemplate): void => {
  texts.set(id, text);
  if (isRated) rated.add(id);
};

const parse = (item: Item): StoredTemplate => {
  const parsed = StoredTemplate.safeParse(JSON.parse(item.doc ?? "null"));
  if (!parsed.success) throw new AppError("CORRUPT", `the stored template ${item.sk} cannot be read`);
  return parsed.data;
};
