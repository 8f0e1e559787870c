import { canonicalJson } from "@tidewatch/core/feature/hash";
import type { MetricEvent } from "@tidewatch/core/ingest/event";
import type { Kind } from "./parquet.ts";

type KnownKind = { id: number; metrics: readonly string[] };

/** Gives each event its kind; the texts of a kind are made once. */
export const eventKinds = () => {
  const all: Kind[] = [];
  const kinds = new Map<string, KnownKind>();
  /** The same under what is quick to make: tags and metrics in any order. */
  const quick = new Map<string, KnownKind>();
  const make = ({ entity, tags, values }: MetricEvent): KnownKind => {
    const metrics = Object.keys(values).sort();
    const kind: Kind = [entity, canonicalJson(tags ?? {}), canonicalJson(metrics)];
    const text = JSON.stringify(kind);
    const known = kinds.get(text) ?? { id: all.push(kind) - 1, metrics };
    kinds.set(text, known);
    return known;
  };
  return {
    of(event: MetricEvent): KnownKind {
      const tags = event.tags ? JSON.stringify(event.tags) : "";
      const key = `${event.entity}\u0000${tags}\u0000${JSON.stringify(Object.keys(event.values))}`;
      let kind = quick.get(key);
      if (!kind) {
        kind = make(event);
        quick.set(key, kind);
      }
      return kind;
    },
    /** By their ids. */
    all: (): readonly Kind[] => all,
    widest: (): number => Math.max(0, ...[...kinds.values()].map(({ metrics }) => metrics.length)),
  };
};
