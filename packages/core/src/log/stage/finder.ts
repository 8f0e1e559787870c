import type { Item } from "../../store/ports.ts";
import type { LogModel } from "../model.ts";
import { canonicalText } from "../template/canonical.ts";
import { decodeStore, encodeStore } from "../template/codec.ts";
import { lineKey, remember } from "../template/miner.ts";
import { skeletonOf } from "../template/skeleton.ts";
import {
  coveringTemplate,
  emptyStore,
  placeSkeleton,
  putTemplate,
  type TemplateStore,
  templatesOf,
} from "../template/store.ts";
import { currentTemplate, type Template } from "../template/template.ts";

/** Templates that a shard keeps beside those of the model. */
const MAX_SHARD_TEMPLATES = 2000;
/** Beyond so many bytes new shapes are `<overflow>`: an item of the table holds 400 KB. */
const MAX_STORE_BYTES = 300_000;

/**
 * Gives each line of a shard its template. What the model knows has the model's template, so that the ids that it judges
 * by do not change under it; other lines teach a store of the shard's own, which the next training takes in. So the id
 * of a line depends on the model and on the shard's earlier lines, never on other shards or on where batches end.
 */
export type TemplateFinder = {
  model: LogModel | undefined;
  store: TemplateStore;
  /** The stored item's; 0 for none. */
  version: number;
  /** The store as it is stored. */
  bytes: Uint8Array | undefined;
  known: Map<number, Template>;
  /** A line came that had not been seen since the store was written. */
  hasMet: boolean;
  /** About what the store takes, packed. */
  size: number;
};

/** @param item the shard's templates as stored; what the model covers by now is left out, and all that cannot be read */
export const templateFinder = (model: LogModel | undefined, item: Item | undefined): TemplateFinder => {
  const store = emptyStore(MAX_SHARD_TEMPLATES);
  let size = 0;
  for (const template of storedTemplates(item)) {
    if (model && coveringTemplate(model.templates, template)) continue;
    putTemplate(store, template);
    size += packedBytes(template);
  }
  return { model, store, version: item?.version ?? 0, bytes: item?.bytes, known: new Map(), hasMet: false, size };
};

/** A store that is damaged is built again, from the lines that come. */
const storedTemplates = (item: Item | undefined): Template[] => {
  if (!item?.bytes) return [];
  try {
    return [...templatesOf(decodeStore(item.bytes, item.pk))];
  } catch {
    return [];
  }
};

const encoder = new TextEncoder();
/** About what the codec needs: a number and a flag per token, and an id that lines were given. */
const packedBytes = ({ tokens, texts }: Pick<Template, "tokens" | "texts">): number =>
  24 +
  tokens.reduce((sum, token, slot) => {
    const shown = texts[slot] === token ? "" : texts[slot]!;
    return sum + 3 + encoder.encode(token + shown).length;
  }, 0);

/** Of a line's message, its header left out. */
export const findTemplate = (finder: TemplateFinder, message: string): Template => {
  const key = lineKey(message);
  const known = finder.known.get(key);
  if (known && !known.joined) return known;
  const template = known ? currentTemplate(known) : place(finder);
  // Its id is handed out: who joins it with others keeps that in mind.
  template.isServed = true;
  remember(finder.known, key, template);
  return template;
};

/** Of the line that was made canonical last. */
const place = (finder: TemplateFinder): Template => {
  const skeleton = skeletonOf(canonicalText());
  const frozen = finder.model && coveringTemplate(finder.model.templates, skeleton);
  if (frozen) return frozen;
  const { store } = finder;
  if (finder.size + packedBytes(skeleton) > MAX_STORE_BYTES) return coveringTemplate(store, skeleton) ?? store.overflow;
  finder.hasMet = true;
  const template = placeSkeleton(store, skeleton);
  // One that was there covers it, or several became one: then the store takes no more than before.
  if (template.tokens === skeleton.tokens) finder.size += packedBytes(skeleton);
  return template;
};

/** Whether the model knows the template. */
export const isFrozen = ({ model }: TemplateFinder, template: Template): boolean =>
  model !== undefined && coveringTemplate(model.templates, template) === template;

/** The store's bytes if it has other ones than are stored. */
export const changedStore = (finder: TemplateFinder): Uint8Array | undefined => {
  if (!finder.hasMet) return undefined;
  finder.hasMet = false;
  const bytes = encodeStore(finder.store);
  return finder.bytes && sameBytes(bytes, finder.bytes) ? undefined : bytes;
};

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index]);
