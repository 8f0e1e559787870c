import { AppError } from "../errors.ts";
import type { Item, ItemKey, Put, Table } from "../store/ports.ts";
import { PAGE, WRITE_ATTEMPTS } from "./limits.ts";

/** An item that expired at this time is gone: how a removal is written. */
const LONG_AGO_MS = 1;

export const removal = (key: ItemKey): Put => ({
  item: { ...key, version: 1, expiresAtMs: LONG_AGO_MS },
  condition: { kind: "any" },
});

export const anyway = (key: ItemKey, document: unknown): Put => ({
  item: { ...key, version: 1, doc: JSON.stringify(document) },
  condition: { kind: "any" },
});

/** True when it was written: false when something is there. */
export const putNew = async (table: Table, key: ItemKey, document: unknown): Promise<boolean> => {
  const item = { ...key, version: 1, doc: JSON.stringify(document) };
  const [outcome] = await table.putMany([{ item, condition: { kind: "absent" } }]);
  return outcome === "written";
};

/**
 * Reads an item, changes its document and writes it, again and again until nobody else was quicker.
 * @param change gives the new document, or `undefined` to leave the item as it is
 * @throws AppError CONFLICT when others were quicker all the time
 */
export const changeItem = async <T>(
  table: Table,
  key: ItemKey,
  change: (item: Item | undefined) => T | undefined,
): Promise<void> => {
  for (let attempt = 0; attempt < WRITE_ATTEMPTS; attempt++) {
    const [there] = await table.getMany([key]);
    const document = change(there);
    if (document === undefined) return;
    const item = { ...key, version: (there?.version ?? 0) + 1, doc: JSON.stringify(document) };
    const condition = there ? ({ kind: "version", version: there.version } as const) : ({ kind: "absent" } as const);
    const [outcome] = await table.putMany([{ item, condition }]);
    if (outcome === "written") return;
  }
  throw new AppError("CONFLICT", `${key.pk} is being changed by others all the time; try again`);
};

/** All items of a partition between two bounds, page by page. */
export const readAll = async (
  table: Table,
  pk: string,
  bounds: { from?: string; to?: string } = {},
): Promise<Item[]> => {
  const items: Item[] = [];
  let from = bounds.from;
  for (;;) {
    const to = bounds.to === undefined ? {} : { to: bounds.to };
    const page = await table.query({ pk, ...(from !== undefined && { from }), ...to, limit: PAGE });
    items.push(...page);
    if (page.length < PAGE) return items;
    from = behind(page.at(-1)!.sk);
  }
};

/** The lowest sort key behind another: NUL is the lowest character. */
export const behind = (sk: string): string => `${sk}\u0000`;

export const documentOf = (item: Item): unknown => JSON.parse(item.doc ?? "null");
