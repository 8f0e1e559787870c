import type { Detector } from "../detector.ts";
import type { MetricEvent } from "../ingest/event.ts";

export type Matcher = (event: MetricEvent) => boolean;

/**
 * Compiles which events belong to a detector; the result is called for every event. An event that carries none of the
 * detector's metrics is no observation of it: producers that send one metric per event would else make rows of gaps.
 */
export const compileMatch = ({ match, features }: Pick<Detector, "match" | "features">): Matcher => {
  const metrics = features.map(({ metric }) => metric);
  const matches = compileSource(match);
  return (event) => matches(event) && metrics.some((metric) => Object.hasOwn(event.values, metric));
};

type Source = { entity: string; tags?: Record<string, string> | undefined };

/** Which entities and tags are meant. */
export const compileSource = ({
  entity,
  tags,
}: {
  entity: string;
  tags: Record<string, string>;
}): ((event: Source) => boolean) => {
  const wanted = Object.entries(tags);
  const entityMatches = compileGlob(entity);
  return (event) => entityMatches(event.entity) && wanted.every(([name, value]) => tagOf(event, name) === value);
};

/** Own keys only: a detector that asks for the tag `constructor` must not find Object's. */
const tagOf = ({ tags }: Source, name: string) => (tags && Object.hasOwn(tags, name) ? tags[name] : undefined);

/** `*` is any run of characters, also none; `?` is one character (code point). Everything else stands for itself. */
export const compileGlob = (glob: string): ((text: string) => boolean) => {
  if (/^\*+$/.test(glob)) return () => true;
  if (!/[*?]/.test(glob)) return (text) => text === glob;
  const pattern = [...glob.replace(/\*+/g, "*")];
  return (text) => globMatches(pattern, [...text]);
};

/**
 * Greedy with one point of return, the last `*`: never worse than pattern × text, where a regular expression made of
 * several `.*` would backtrack exponentially on a hostile entity name.
 */
const globMatches = (pattern: readonly string[], text: readonly string[]): boolean => {
  let at = 0;
  let next = 0;
  let starAt = -1;
  let starNext = 0;
  while (next < text.length) {
    if (pattern[at] === "*") {
      starAt = at++;
      starNext = next;
    } else if (at < pattern.length && (pattern[at] === "?" || pattern[at] === text[next])) {
      at++;
      next++;
    } else if (starAt >= 0) {
      at = starAt + 1;
      next = ++starNext;
    } else return false;
  }
  while (pattern[at] === "*") at++;
  return at === pattern.length;
};
