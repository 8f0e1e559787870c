import { canonicalJson, shortHash } from "../../feature/hash.ts";
import type { Session } from "../../log/session/session.ts";
import type { Label } from "../../store/labels.ts";
import { labelAt } from "../row-labels.ts";

/** What labels say of a session, by its key and the time of its first line: 1 anomalous, 0 normal, `null` unknown. */
export const sessionLabels = (labels: readonly Label[]): ((session: Session) => 0 | 1 | null) => {
  const ofKey = new Map([...Map.groupBy(labels, ({ entity }) => entity)].map(([key, own]) => [key, labelAt(own)]));
  return ({ key, firstMs }) => ofKey.get(key)?.(firstMs) ?? null;
};

/** Names the labels of a detector: a model says by it which ones it has learnt from. Empty for none. */
export const labelsHash = (labels: readonly Label[]): string => {
  if (labels.length === 0) return "";
  const parts = labels.map(({ entity, fromMs, toMs, label, createdAtMs }) => [
    ...[entity, fromMs, toMs, label, createdAtMs],
  ]);
  return shortHash(canonicalJson(parts));
};
