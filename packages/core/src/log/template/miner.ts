import { canonicalise, canonicalText, fingerprint } from "./canonical.ts";
import { skeletonOf } from "./skeleton.ts";
import { emptyStore, placeSkeleton, type TemplateStore } from "./store.ts";
import { currentTemplate, type Template } from "./template.ts";

/** Fingerprints remembered, a power of two; at half of them the memory is cleared, which changes no result. */
const CACHE_SLOTS = 1 << 16;

/** A template store, and a memory of the fingerprints of lines so that most lines are only read once. */
export type Miner = {
  store: TemplateStore;
  known: Map<number, Template>;
};

export const minerOf = (store: TemplateStore = emptyStore()): Miner => ({ store, known: new Map() });

/** 53 bits that stand for a line without its numbers; `canonicalText()` is that line until the next call. */
export const lineKey = (message: string): number => {
  canonicalise(message);
  return (fingerprint.high >>> 0) * 0x200000 + (fingerprint.low >>> 11);
};

export const remember = <T>(known: Map<number, T>, key: number, value: T): void => {
  if (known.size >= CACHE_SLOTS / 2) known.clear();
  known.set(key, value);
};

/**
 * The template of a message (without its header), counted. One pass, no clock, no chance; the templates do not depend
 * on the order of lines. An id that was handed out stays among `earlier` of the template that it became part of.
 */
export const mineLine = (miner: Miner, message: string): Template => {
  const key = lineKey(message);
  let template = miner.known.get(key);
  if (template?.joined || !template) {
    template = template ? currentTemplate(template) : placeSkeleton(miner.store, skeletonOf(canonicalText()));
    remember(miner.known, key, template);
  }
  template.count++;
  template.isServed = true;
  return template;
};
