import { canonicalJson } from "@tidewatch/core/feature/hash";
import type { MetricEvent } from "@tidewatch/core/ingest/event";

/** Events of one entity with the same tags and the same metrics. */
export type EventKind = { id: number; metrics: readonly string[] };

const NUL = "\u0000";

/** Gives each event its kind; the texts of a kind are made once. */
export const eventKinds = () => {
  const kinds = new Map<string, EventKind>();
  /** The same under what is quick to make: tags and metrics in any order. */
  const quick = new Map<string, EventKind>();
  const make = ({ entity, tags, values }: MetricEvent): EventKind => {
    const metrics = Object.keys(values).sort();
    const text = [entity, canonicalJson(tags ?? {}), canonicalJson(metrics)].join(NUL);
    let kind = kinds.get(text);
    if (!kind) {
      kind = { id: kinds.size, metrics };
      kinds.set(text, kind);
    }
    return kind;
  };
  return {
    of(event: MetricEvent): EventKind {
      const tags = event.tags ? JSON.stringify(event.tags) : "";
      const key = `${event.entity}${NUL}${tags}${NUL}${JSON.stringify(Object.keys(event.values))}`;
      let kind = quick.get(key);
      if (!kind) {
        kind = make(event);
        quick.set(key, kind);
      }
      return kind;
    },
    widest: (): number => Math.max(0, ...[...kinds.values()].map(({ metrics }) => metrics.length)),
    /** Id, entity, tags and metrics as JSON. */
    *all(): Generator<[number, string, string, string]> {
      for (const [text, { id }] of kinds) {
        const [entity = "", tags = "", metrics = ""] = splitOf(text);
        yield [id, entity, tags, metrics];
      }
    },
  };
};

/** Names may hold any character, NUL among them; in JSON it is escaped, so that the last two are what stands behind the last two. */
const splitOf = (text: string): string[] => {
  const last = text.lastIndexOf(NUL);
  const middle = text.lastIndexOf(NUL, last - 1);
  return [text.slice(0, middle), text.slice(middle + 1, last), text.slice(last + 1)];
};
