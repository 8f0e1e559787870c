import type { Clock, Item, ItemKey, Put, PutOutcome, Table } from "@tidewatch/core/store/ports";

const NOVEMBER_2026_MS = Date.UTC(2026, 10, 20);

/** A table in memory for tests of the core. Passes the table contract. */
export const memoryTable = (now: Clock = () => NOVEMBER_2026_MS): Table & { items(): Item[] } => {
  const partitions = new Map<string, Map<string, Item>>();
  const isLive = (item: Item | undefined): item is Item =>
    item !== undefined && (item.expiresAtMs === undefined || item.expiresAtMs > now());
  const find = ({ pk, sk }: ItemKey): Item | undefined => {
    const item = partitions.get(pk)?.get(sk);
    return isLive(item) ? item : undefined;
  };
  const putOne = ({ item, condition }: Put): PutOutcome => {
    const before = find(item);
    if (condition.kind === "absent" && before) return "conflict";
    if (condition.kind === "version" && before?.version !== condition.version) return "conflict";
    const partition = partitions.get(item.pk) ?? new Map<string, Item>();
    partitions.set(item.pk, partition.set(item.sk, structuredClone(item)));
    return "written";
  };
  const sorted = (items: Iterable<Item>) => [...items].sort((a, b) => compareUtf8(a.sk, b.sk));
  return {
    getMany: async (keys) => keys.map((key) => structuredClone(find(key))),
    putMany: async (puts) => puts.map(putOne),
    query: async ({ pk, from, to, order = "ascending", limit }) => {
      const all = sorted(partitions.get(pk)?.values() ?? []).filter(
        (item) =>
          isLive(item) &&
          (from === undefined || compareUtf8(item.sk, from) >= 0) &&
          (to === undefined || compareUtf8(item.sk, to) <= 0),
      );
      return structuredClone((order === "ascending" ? all : all.reverse()).slice(0, limit));
    },
    items: () =>
      [...partitions.keys()].sort(compareUtf8).flatMap((pk) => sorted(partitions.get(pk)!.values()).filter(isLive)),
  };
};

const encoder = new TextEncoder();
const compareUtf8 = (a: string, b: string): number => {
  const [left, right] = [encoder.encode(a), encoder.encode(b)];
  const shared = Math.min(left.length, right.length);
  for (let at = 0; at < shared; at++) if (left[at] !== right[at]) return left[at]! - right[at]!;
  return left.length - right.length;
};
