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

/**
 * The template of a message (without its header), counted. One pass, no clock, no chance; the templates do not depend
 * on the order of lines. An id that was handed out stays among `earlier` of the template that it became part of.
 */
export const mineLine = (miner: Miner, message: string): Template => {
  canonicalise(message);
  const key = (fingerprint.high >>> 0) * 0x200000 + (fingerprint.low >>> 11);
  let template = miner.known.get(key);
  if (template?.joined || !template) {
    template = template ? currentTemplate(template) : placeSkeleton(miner.store, skeletonOf(canonicalText()));
    if (miner.known.size >= CACHE_SLOTS / 2) miner.known.clear();
    miner.known.set(key, template);
  }
  template.count++;
  template.isServed = true;
  return template;
};
