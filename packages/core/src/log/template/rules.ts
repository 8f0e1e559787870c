import { isWord, VARIABLE } from "./masks.ts";
import { LEARNT, type Template } from "./template.ts";

/** More different words than this in one slot, with the rest alike, are a variable … */
const MAX_VARIANTS = 3;
/** … or than this, while fewer than `FEW_WORDS` other words say which event it is. */
const MAX_VARIANTS_FEW = 6;
const FEW_WORDS = 2;
/** Other words it takes before one word and a value in the same slot are the same variable. */
const WORDS_BESIDE_VALUE = 3;

const BOOLEANS = new Set(["true", "false", "True", "False", "TRUE", "FALSE"]);
const LITERALS = new Set([...BOOLEANS, "null", "none", "None", "nil", "NULL", "undefined"]);
const PREPOSITIONS = new Set(["for", "by", "from", "to", "of", "as"]);
const VALUE_SIGNS = new Set(["=", '"', ":"]);

/**
 * Templates that can ever become one: of equal length, first word and punctuation. `open` are the slots in which they
 * may differ, `isValue` says of a slot whether the sign before it (= : ") makes it the value of a field.
 */
export type Frame = { open: readonly number[]; isValue: readonly boolean[]; templates: Template[] };

const isOpen = (token: string): boolean => token === VARIABLE || token === LEARNT || isWord(token);

/** The frame's name, and its slots. The first word names the event: it is never a variable. */
export const frameOf = (tokens: readonly string[]): { key: string; open: number[]; isValue: boolean[] } => {
  const first = tokens.findIndex(isOpen);
  const open = [...tokens.keys()].filter((slot) => slot > first && isOpen(tokens[slot]!));
  const parts = tokens.slice();
  for (const slot of open) parts[slot] = LEARNT;
  const isValue = tokens.map((_, slot) => slot > first && VALUE_SIGNS.has(parts[slot - 1]!));
  return { key: parts.join("\u0002"), open, isValue };
};

/**
 * Templates of the frame that turn out to be one with `template`, or none. The rules, each about templates that differ
 * from this one in a single slot:
 *  1. nothing differs where both have words: they overlap;
 *  2. more than 3 different words meet (6 where fewer than 2 other words say what it is; true, false and null do not
 *     count outside of fields), or 2 behind "for user" and the like;
 *  3. a word meets a value and at least 3 other words agree;
 * and about templates that differ in values of fields only:
 *  4. more than 3 meet, or one of the fields is known to be a variable.
 * Every premise stays true when templates grow (a learnt slot counts as a word, since it stands for words), and what it
 * joins ends up in one template in every closed store. So the closure is unique: the order of lines does not matter.
 */
export const joinable = (frame: Frame, template: Template): Template[] => {
  const own = around(frame, template, frame.templates);
  if (own.group.length > 0) return own.group;
  // A template with learnt slots has neighbours that are none of each other's.
  for (const centre of own.neighbours) {
    if (!centre.tokens.includes(LEARNT)) continue;
    const others = [template, ...frame.templates.filter((other) => other !== centre)];
    const { group } = around(frame, centre, others);
    if (group.length > 0) return [centre, ...group.filter((other) => other !== template)];
  }
  return [];
};

/** What the rules say about one template and those that differ from it in one slot, or in values only. */
const around = (frame: Frame, template: Template, templates: readonly Template[]) => {
  const { open, isValue } = frame;
  const { tokens } = template;
  const bySlot = new Map<number, Template[]>();
  const byValues: Template[] = [];
  const neighbours = new Set<Template>();
  for (const other of templates) {
    let differing = 0;
    let at = -1;
    let onlyValues = true;
    for (const slot of open) {
      const [mine, theirs] = [tokens[slot]!, other.tokens[slot]!];
      if (mine === theirs || mine === LEARNT || theirs === LEARNT) continue;
      differing++;
      at = slot;
      onlyValues &&= isValue[slot]! && !BOOLEANS.has(mine) && !BOOLEANS.has(theirs);
      if (differing > 1 && !onlyValues) break;
    }
    if (differing === 0) return { group: [other], neighbours };
    if (differing === 1 || onlyValues) neighbours.add(other);
    if (differing === 1) bySlot.set(at, [...(bySlot.get(at) ?? []), other]);
    if (onlyValues) byValues.push(other);
  }
  for (const [slot, others] of bySlot) {
    if (isVariable(frame, slot, template, others)) return { group: others, neighbours };
  }
  const group = byValues.length > 0 && areVariables(frame, template, byValues) ? byValues : [];
  return { group, neighbours };
};

/** Rules 2 and 3. */
const isVariable = ({ open, isValue }: Frame, slot: number, { tokens }: Template, others: Template[]): boolean => {
  const met = new Set([tokens[slot]!, ...others.map((other) => other.tokens[slot]!)]);
  const hasValue = met.delete(VARIABLE);
  const words = isValue[slot] ? met.size : [...met].filter((word) => !LITERALS.has(word)).length;
  // The first word is not among the open slots.
  const beside = 1 + open.filter((other) => other !== slot && tokens[other] !== VARIABLE).length;
  if (hasValue && words > 0 && beside >= WORDS_BESIDE_VALUE) return true;
  if (isUser(tokens, slot)) return words > 1;
  return words > (beside >= FEW_WORDS ? MAX_VARIANTS : MAX_VARIANTS_FEW);
};

const isUser = (tokens: readonly string[], slot: number): boolean =>
  tokens[slot - 1] === "user" && PREPOSITIONS.has(tokens[slot - 2] ?? "");

/** Rule 4. */
const areVariables = ({ open, isValue }: Frame, template: Template, others: Template[]): boolean => {
  const values = open.filter((slot) => isValue[slot]);
  if (values.length < 2) return false;
  const all = [template, ...others];
  const met = new Set(all.map(({ tokens }) => values.map((slot) => tokens[slot]).join("\u0002")));
  return met.size > MAX_VARIANTS || all.some(({ tokens }) => values.some((slot) => tokens[slot] === LEARNT));
};
