import { type Frame, frameOf, joinable } from "./rules.ts";
import type { Skeleton } from "./skeleton.ts";
import { joinTemplates, LEARNT, type Template, templateId, templateOf, templateText } from "./template.ts";

/** Templates of a frame; with more, all of them become one: they are a sentence of variables. */
const MAX_FRAME_TEMPLATES = 256;
/** Templates of a store; new shapes beyond them are counted under `<overflow>`. */
const MAX_TEMPLATES = 20_000;

/** The templates of some lines, at most `capacity`. `overflow` holds what found no place. */
export type TemplateStore = { frames: Map<string, Frame>; size: number; capacity: number; overflow: Template };

export const emptyStore = (capacity = MAX_TEMPLATES): TemplateStore => ({
  frames: new Map(),
  size: 0,
  capacity,
  overflow: templateOf({ tokens: ["<overflow>"], spaces: [false], texts: ["<overflow>"] }),
});

/** Every template of the store, `<overflow>` last and only if it has lines. */
export function* templatesOf({ frames, overflow }: TemplateStore): Generator<Template> {
  for (const { templates } of frames.values()) yield* templates;
  if (overflow.count > 0) yield overflow;
}

/** How the templates of a store read, by their ids. */
export const templateTexts = (store: TemplateStore): Map<string, string> =>
  new Map(Array.from(templatesOf(store), (template) => [templateId(template), templateText(template)]));

/** The template of a skeleton: one that covers it, or a new one, which may join others. Its count is left alone. */
export const placeSkeleton = (store: TemplateStore, skeleton: Skeleton): Template =>
  place(store, templateOf(skeleton), store.capacity);

/** The template that covers a skeleton, if any: stores cover disjoint sets. Nothing is learnt. */
export const coveringTemplate = (
  { frames }: TemplateStore,
  { tokens }: { tokens: readonly string[] },
): Template | undefined => {
  const frame = frames.get(frameOf(tokens).key);
  return frame?.templates.find((template) =>
    frame.open.every((slot) => template.tokens[slot] === LEARNT || template.tokens[slot] === tokens[slot]),
  );
};

/** Adds a template of another store with its lines and ids; it may join others. */
export const putTemplate = (store: TemplateStore, template: Template): void => {
  place(store, { ...template, joined: undefined }, Number.POSITIVE_INFINITY);
};

/**
 * The templates of both stores, closed under the rules: associative and commutative, and the same as if one store had
 * seen all lines, as long as no frame and no store is full. Of a store that is too full, the templates with the fewest
 * lines go to `<overflow>`.
 */
export const mergeStores = (a: TemplateStore, b: TemplateStore): TemplateStore => {
  const merged = emptyStore(Math.max(a.capacity, b.capacity));
  for (const store of [a, b]) {
    for (const { templates } of store.frames.values()) for (const template of templates) putTemplate(merged, template);
    merged.overflow.count += store.overflow.count;
    merged.overflow.isServed ||= store.overflow.isServed;
  }
  if (merged.size > merged.capacity) dropFewest(merged);
  return merged;
};

const dropFewest = (store: TemplateStore): void => {
  const byLines = [...store.frames.values()].flatMap(({ templates }) => templates);
  byLines.sort((a, b) => b.count - a.count || (templateId(a) < templateId(b) ? -1 : 1));
  const dropped = new Set(byLines.slice(store.capacity));
  for (const [key, frame] of store.frames) {
    frame.templates = frame.templates.filter((template) => !dropped.has(template));
    if (frame.templates.length === 0) store.frames.delete(key);
  }
  for (const { count } of dropped) store.overflow.count += count;
  store.overflow.isServed = true;
  store.size = store.capacity;
};

const place = (store: TemplateStore, template: Template, limit: number): Template => {
  const { key, open, isValue } = frameOf(template.tokens);
  const frame = store.frames.get(key) ?? { open, isValue, templates: [] };
  let placed = template;
  for (;;) {
    let group = joinable(frame, placed);
    if (group.length === 0 && frame.templates.length >= MAX_FRAME_TEMPLATES) group = frame.templates;
    if (group.length === 0) break;
    const joined = joinTemplates([...group, placed]);
    const [only] = group as [Template];
    if (group.length === 1 && joined.tokens.every((token, slot) => token === only.tokens[slot])) {
      placed.joined = takeOver(only, joined);
      return only;
    }
    const gone = new Set(group);
    frame.templates = frame.templates.filter((other) => !gone.has(other));
    store.size -= gone.size;
    placed = joined;
  }
  if (store.size >= limit) return store.overflow;
  store.frames.set(key, frame);
  frame.templates.push(placed);
  store.size++;
  return placed;
};

/** A template that covered all before stays the object that it is, with what the joined one knows. */
const takeOver = (template: Template, { spaces, texts, count, isServed, earlier }: Template): Template =>
  Object.assign(template, { spaces, texts, count, isServed, earlier, joined: undefined });

/** Finds the id that a template has by now from any id under which lines were handed out. Unknown ids stay. */
export const currentIds = (store: TemplateStore): ((id: string) => string) => {
  const current = new Map<string, string>();
  for (const template of templatesOf(store)) {
    for (const id of template.earlier) current.set(id, templateId(template));
  }
  return (id) => current.get(id) ?? id;
};
