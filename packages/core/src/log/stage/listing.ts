import { seriesListKey, templateKey } from "../../store/keys.ts";
import type { Item, Put, Table } from "../../store/ports.ts";
import { rateDetectorId } from "../detector.ts";
import { lineDigest } from "../line/digest.ts";
import { type StoredTemplate, templateIn } from "../store/templates.ts";
import { type Template, templateId, templateText } from "../template/template.ts";
import type { PlacedLine } from "./route.ts";

/**
 * Templates of a detector as they were listed when their first lines came, and which of them are counted as series. What
 * other consumers list comes later.
 */
export type Listing = { detectorId: string; texts: Map<string, string>; rated: Set<string>; isRead: boolean };

export const emptyListing = (detectorId: string): Listing => ({
  detectorId,
  texts: new Map(),
  rated: new Set(),
  isRead: false,
});

/** Characters of a template that are listed: a verdict names many, in one item. */
const MAX_TEXT_CHARS = 1000;
/** Items per range query. */
const PAGE = 1000;

/** Reads all that is listed, once: some hundred small items. */
export const readListing = async (table: Table, listing: Listing): Promise<void> => {
  if (listing.isRead) return;
  const { detectorId, rated } = listing;
  for await (const item of itemsOf(table, templateKey(detectorId, "").pk)) note(listing, item);
  for await (const { sk } of itemsOf(table, seriesListKey(rateDetectorId(detectorId), "").pk)) rated.add(sk);
  listing.isRead = true;
};

async function* itemsOf(table: Table, pk: string): AsyncGenerator<Item> {
  let from = "";
  for (;;) {
    const page = await table.query({ pk, from, limit: PAGE });
    yield* page;
    if (page.length < PAGE) return;
    from = `${page.at(-1)!.sk}!`;
  }
}

/** Reads what another consumer may have listed meanwhile. An id that is not listed stays out. */
export const readTexts = async (table: Table, listing: Listing, ids: readonly string[]): Promise<void> => {
  const unknown = ids.filter((id) => !listing.texts.has(id));
  if (unknown.length === 0) return;
  const items = await table.getMany(unknown.map((id) => templateKey(listing.detectorId, id)));
  for (const item of items) if (item) note(listing, item);
};

/** One that cannot be read is listed by its id. */
const note = ({ texts }: Listing, item: Item): void => {
  texts.set(item.sk, templateIn(item)?.text ?? item.sk);
};

/** A template that a line was given, as it reads then: later lines may show that more of it is a variable. */
export const newlyListed = (
  template: Template,
  { event, record, part }: PlacedLine,
  level: string | undefined,
  isNew: boolean,
): StoredTemplate => {
  const { shardId, sequenceNumber, arrivalMs } = record;
  return {
    id: templateId(template),
    text: templateText(template).slice(0, MAX_TEXT_CHARS).toWellFormed(),
    ...(level !== undefined && { level }),
    firstMs: event.timestamp,
    first: { shardId, sequenceNumber, arrivalMs, part, digest: lineDigest(event) },
    isNew,
  };
};

/** Lists templates that are not listed yet; returns how many there were. Another consumer's listing stands. */
export const listTemplates = async (
  table: Table,
  listing: Listing,
  handed: readonly StoredTemplate[],
): Promise<number> => {
  await readTexts(
    table,
    listing,
    handed.map(({ id }) => id),
  );
  const fresh = handed.filter(({ id }) => !listing.texts.has(id));
  const puts = fresh.map((template): Put => {
    const item = { ...templateKey(listing.detectorId, template.id), version: 1, doc: JSON.stringify(template) };
    return { item, condition: { kind: "absent" } };
  });
  const outcomes = puts.length > 0 ? await table.putMany(puts) : [];
  for (const [index, { id, text }] of fresh.entries()) if (outcomes[index] === "written") listing.texts.set(id, text);
  return outcomes.filter((outcome) => outcome === "written").length;
};

/**
 * Whether a template's lines are counted as a series: those that are stay so, and the first ones that come get what is left.
 * Several consumers that meet new templates at once may exceed the limit by what they meet.
 */
export const isRated = ({ rated }: Listing, id: string, most: number): boolean => {
  if (rated.has(id)) return true;
  if (rated.size >= most) return false;
  rated.add(id);
  return true;
};
