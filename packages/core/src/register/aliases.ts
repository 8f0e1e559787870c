import { z } from "zod";
import { AppError } from "../errors.ts";
import { readAll } from "../runs/write.ts";
import { aliasHistoryKey, aliasHistoryPk, modelAliasKey, timeKey } from "../store/keys.ts";
import type { Item, PutCondition, Table } from "../store/ports.ts";

/**
 * Names that move over a model's versions. What an alias names now stands in one item, with who moved it there and why; the
 * moves before are a history that is only ever added to.
 */

export const AliasName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_-]{0,127}$/, "an alias is a letter followed by letters, digits, _ and -");

const MAX_BY = 200;
/** A reason may quote what a library says, which can be long. */
const MAX_REASON = 2000;

/** Who moved an alias, why, and by what figures. */
export const AliasCause = z.strictObject({
  by: z.string().max(MAX_BY),
  reason: z.string().max(MAX_REASON),
  evidence: z.record(z.string(), z.unknown()).optional(),
});
export type AliasCause = z.output<typeof AliasCause>;

/** `version`: `null` where the alias was taken away. */
export const AliasDoc = AliasCause.partial().extend({
  version: z.int().positive().nullable(),
  sinceMs: z.int(),
  before: z.int().positive().nullable().optional(),
});
type AliasDoc = z.output<typeof AliasDoc>;
/** What an alias names. `revision` counts its moves. */
export type Alias = Omit<AliasDoc, "version"> & { version: number; revision: number };

/** A move: from `before` to `version`, at `sinceMs`. */
export type AliasMove = AliasDoc & { alias: string; revision: number };

type TablePort = { table: Table };

/** The version that an alias names, and since when; `undefined` while there is none. */
export const aliasOf = async ({ table }: TablePort, name: string, alias: string): Promise<Alias | undefined> => {
  const [item] = await table.getMany([modelAliasKey(name, alias)]);
  return readAlias(item);
};

/** Of an item under `modelAliasKey`. A document that does not parse throws an error that is no `AppError`. */
export const readAlias = (item: Item | undefined): Alias | undefined => {
  if (!item) return undefined;
  const { version, ...rest } = docOf(item);
  return version === null ? undefined : { ...rest, version, revision: item.version };
};

/** How often an alias has moved: 0 for one that nobody set yet. */
export const aliasRevision = async ({ table }: TablePort, name: string, alias: string): Promise<number> => {
  const [item] = await table.getMany([modelAliasKey(name, alias)]);
  return item?.version ?? 0;
};

/** All aliases of a model, by name. */
export const listAliases = async ({ table }: TablePort, name: string): Promise<Record<string, Alias>> => {
  const items = await aliasItems(table, name);
  return Object.fromEntries(
    items.flatMap((item) => {
      const alias = readAlias(item);
      return alias ? [[aliasNameOf(item), alias]] : [];
    }),
  );
};

/**
 * Moves an alias to a version, or takes it away (`null`). The move that it replaces is put into the history first: so the
 * history never tells of a move that did not happen, and loses none, wherever a crash comes.
 * @param expected what the alias must be at, or how often it must have moved: `undefined` for whatever it is
 * @throws AppError CONFLICT when somebody else moved it at the same time
 */
export const moveAlias = async (
  { table }: TablePort,
  name: string,
  alias: string,
  version: number | null,
  cause: AliasCause,
  nowMs: number,
  expected?: { version: number | undefined } | { revision: number },
): Promise<void> => {
  const [item] = await table.getMany([modelAliasKey(name, alias)]);
  const before = item && docOf(item);
  const isExpected =
    !expected ||
    ("revision" in expected
      ? expected.revision === (item?.version ?? 0)
      : expected.version === (before?.version ?? undefined));
  if (!isExpected) throw movedByOther(name, alias);
  if ((before?.version ?? null) === version) return;
  if (before) await table.putMany([historyPut(name, alias, item, before)]);
  const doc: AliasDoc = { version, sinceMs: nowMs, before: before?.version ?? null, ...shortened(cause) };
  const condition: PutCondition = item ? { kind: "version", version: item.version } : { kind: "absent" };
  const moved = { ...modelAliasKey(name, alias), version: (item?.version ?? 0) + 1, doc: JSON.stringify(doc) };
  const [outcome] = await table.putMany([{ item: moved, condition }]);
  if (outcome === "conflict") throw movedByOther(name, alias);
};

/** As much as can be read back: what is said of a move must not keep it from being read. */
const shortened = (cause: AliasCause): AliasCause => ({
  ...cause,
  by: cause.by.slice(0, MAX_BY),
  reason: cause.reason.slice(0, MAX_REASON),
});

/** Moves of a model's aliases, newest first. `beforeMs` goes on behind an earlier answer. */
export const aliasHistory = async (
  { table }: TablePort,
  name: string,
  { alias, beforeMs, limit }: { alias?: string; beforeMs?: number; limit: number },
): Promise<AliasMove[]> => {
  const isWanted = (move: AliasMove) =>
    (alias === undefined || move.alias === alias) && (beforeMs === undefined || move.sinceMs < beforeMs);
  const now = (await aliasItems(table, name)).map((item) => moveOf(item, aliasNameOf(item), item.version));
  const moves = now.filter(isWanted);
  let to = beforeMs === undefined ? undefined : timeKey(beforeMs);
  for (;;) {
    const page = await table.query({
      ...{ pk: aliasHistoryPk(name), order: "descending", limit: PAGE },
      ...(to !== undefined && { to }),
    });
    for (const item of page) {
      const [, movedAlias, revision] = item.sk.split("#");
      const move = moveOf(item, movedAlias!, Number(revision));
      // A move that was about to be replaced stands in both; and a page begins with the last of the one before.
      if (item.sk !== to && isWanted(move) && !now.some((one) => isSame(one, move))) moves.push(move);
    }
    if (page.length < PAGE || moves.length > limit + now.length) break;
    to = page.at(-1)!.sk;
  }
  return moves.sort(newestFirst).slice(0, limit);
};

/** Which version an alias named at a time, who had moved it there, and on what evidence; `undefined` before the first. */
export const aliasAt = async (
  ports: TablePort,
  name: string,
  alias: string,
  timeMs: number,
): Promise<AliasMove | undefined> => {
  const [move] = await aliasHistory(ports, name, { alias, beforeMs: timeMs + 1, limit: 1 });
  return move;
};

/** Moves at one time in one order, so that pages of them fit together. */
const newestFirst = (a: AliasMove, b: AliasMove): number =>
  b.sinceMs - a.sinceMs || (a.alias === b.alias ? b.revision - a.revision : a.alias < b.alias ? -1 : 1);

const PAGE = 100;

const aliasItems = async (table: Table, name: string): Promise<Item[]> => {
  const { pk, sk } = modelAliasKey(name, "");
  // "$" is the character after "#".
  const items = await readAll(table, pk, { from: sk, to: "ALIAS$" });
  return items.filter((item) => aliasNameOf(item) !== ANNOUNCED);
};

/** Beside the aliases: the version that was announced last. */
export const ANNOUNCED = "announced";

const aliasNameOf = ({ sk }: Item): string => sk.slice("ALIAS#".length);

const moveOf = (item: Item, alias: string, revision: number): AliasMove => ({ ...docOf(item), alias, revision });

const isSame = (a: AliasMove, b: AliasMove): boolean => a.alias === b.alias && a.revision === b.revision;

const docOf = (item: Item): AliasDoc => AliasDoc.parse(JSON.parse(item.doc ?? "null"));

/** The key holds the revision: put again, it is the same item. */
const historyPut = (name: string, alias: string, item: Item, doc: AliasDoc) => ({
  item: { ...aliasHistoryKey(name, doc.sinceMs, alias, item.version), version: 1, doc: JSON.stringify(doc) },
  condition: { kind: "any" } as const,
});

export const movedByOther = (name: string, alias: string): AppError =>
  new AppError("CONFLICT", `alias ${alias} of model ${name} was moved by someone else at the same time`);
