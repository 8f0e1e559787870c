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
    partitions.set(item.pk, partition.set(item.sk, copyOf(item)));
    return "written";
  };
  const sorted = (items: Iterable<Item>) => [...items].sort((a, b) => compareUtf8(a.sk, b.sk));
  return {
    getMany: async (keys) => keys.map((key) => copyOf(find(key))),
    putMany: async (puts) => puts.map(putOne),
    query: async ({ pk, from, to, order = "ascending", limit }) => {
      const wanted = [...(partitions.get(pk)?.values() ?? [])].filter(
        (item) =>
          isLive(item) &&
          (from === undefined || compareUtf8(item.sk, from) >= 0) &&
          (to === undefined || compareUtf8(item.sk, to) <= 0),
      );
      const all = sorted(wanted);
      return (order === "ascending" ? all : all.reverse()).slice(0, limit).map(copyOf);
    },
    items: () =>
      [...partitions.keys()].sort(compareUtf8).flatMap((pk) => sorted(partitions.get(pk)!.values()).filter(isLive)),
  };
};

/** Who holds an item may change its bytes; all else of it is values. `structuredClone` takes ten times as long. */
const copyOf = <T extends Item | undefined>(item: T): T =>
  item?.bytes ? { ...item, bytes: item.bytes.slice() } : item && { ...item };

/** As UTF-8 bytes compare: by code points. In UTF-16, surrogates stand below the characters from U+E000 on. */
const compareUtf8 = (a: string, b: string): number => {
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at++) {
    const [left, right] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (left !== right) return rankOf(left) - rankOf(right);
  }
  return a.length - b.length;
};
const rankOf = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);
