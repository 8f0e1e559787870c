import { shortHash } from "../../feature/hash.ts";
import { VARIABLE } from "./masks.ts";
import type { Skeleton } from "./skeleton.ts";

/** A slot that was learnt to be a variable: it stands for any word and for `<*>`. No token looks like it. */
export const LEARNT = "\u0001";

/** Earlier ids that a template remembers: the smallest ones, so that it does not matter who remembered which first. */
const MAX_EARLIER = 64;

/**
 * What lines of one kind have in common. Templates of a store cover disjoint sets of skeletons: each has exactly one.
 * `earlier` are the ids under which lines were handed out before templates were joined, ascending.
 */
export type Template = {
  tokens: readonly string[];
  spaces: readonly boolean[];
  texts: readonly string[];
  count: number;
  isServed: boolean;
  earlier: readonly string[];
  /** The template that this one became part of. */
  joined: Template | undefined;
  id: string | undefined;
};

export const templateOf = ({ tokens, spaces, texts }: Skeleton): Template => ({
  tokens,
  spaces,
  texts,
  count: 0,
  isServed: false,
  earlier: [],
  joined: undefined,
  id: undefined,
});

const shown = (token: string): string => (token === LEARNT ? VARIABLE : token);

/** 64-bit hash of the tokens: the same template has the same id on every machine. */
export const templateId = (template: Template): string => {
  template.id ??= shortHash(template.tokens.map(shown).join("\u0001"));
  return template.id;
};

/** The message with `<*>` for its variables. */
export const templateText = ({ texts, spaces }: Template): string =>
  texts.map((text, slot) => (spaces[slot] ? ` ${text}` : text)).join("");

/** The template that a template has become part of by now. */
export const currentTemplate = (template: Template): Template => {
  let current = template;
  while (current.joined) current = current.joined;
  return current;
};

/** The least general template that covers all of the group; their counts and ids go over to it. */
export const joinTemplates = (group: readonly Template[]): Template => {
  const [first] = group as [Template];
  const tokens = first.tokens.map((token, slot) =>
    group.every((other) => other.tokens[slot] === token) ? token : LEARNT,
  );
  const spaces = first.spaces.map((_, slot) => group.some((other) => other.spaces[slot]));
  const texts = first.texts.map((text, slot) => (group.every((other) => other.texts[slot] === text) ? text : VARIABLE));
  const joined = templateOf({ tokens, spaces, texts });
  const earlier = new Set(group.flatMap((part) => part.earlier));
  for (const part of group) {
    joined.count += part.count;
    part.joined = joined;
    if (!part.isServed) continue;
    if (part.tokens.every((token, slot) => shown(token) === shown(tokens[slot]!))) joined.isServed = true;
    else earlier.add(templateId(part));
  }
  joined.earlier = [...earlier].sort().slice(0, MAX_EARLIER);
  return joined;
};
