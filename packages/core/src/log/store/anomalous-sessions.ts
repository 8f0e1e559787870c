import { anomalousDayKey, anomalousSessionKey } from "../../store/keys.ts";
import type { Item, Put } from "../../store/ports.ts";
import { StoredVerdict } from "./stored-verdict.ts";

/**
 * Lists sessions as anomalous, and the days on which they began. Each takes the place of what was said of the session
 * before; a replay writes the same. Days, a small item each, are never forgotten.
 * @param expiresAtMs when the sessions are forgotten
 */
export const anomalousPuts = (detectorId: string, verdicts: readonly StoredVerdict[], expiresAtMs: number): Put[] => {
  const days = new Map(verdicts.map(({ startMs }) => [anomalousDayKey(detectorId, startMs).sk, startMs]));
  const items = [
    ...Array.from(days.values(), (startMs): Item => ({ ...anomalousDayKey(detectorId, startMs), version: 1 })),
    ...verdicts.map((verdict): Item => {
      const key = anomalousSessionKey(detectorId, verdict.startMs, verdict.key);
      return { ...key, version: verdict.lines, doc: JSON.stringify(verdict), expiresAtMs };
    }),
  ];
  return items.map((item) => ({ item, condition: { kind: "any" } }));
};

/** The verdict of an item; `undefined` for one that cannot be read: the other ones are listed all the same. */
export const anomalousOf = ({ doc }: Item): StoredVerdict | undefined => {
  try {
    return StoredVerdict.parse(JSON.parse(doc ?? "null"));
  } catch {
    return undefined;
  }
};
