import { loadScorer, type Scorer } from "../model/scorer.ts";
import type { ModelRuntime } from "../store/ports.ts";
import { type CachePorts, championCache, type LiveAlias } from "./champion-cache.ts";
import { loadModel } from "./models.ts";

export type ScorerCachePorts = CachePorts & { runtime: ModelRuntime };
/** The scorer of a model name (a detector's id): the champion's unless told otherwise; `undefined` while there is none. */
export type ScorerOf = (name: string, alias?: LiveAlias) => Promise<Scorer | undefined>;

/** Keeps the scorers of champions, and of challengers that are asked for, in memory; see `championCache`. */
export const scorerCache = (ports: ScorerCachePorts, age: { maxAgeMs: number }): ScorerOf => {
  const load = async (name: string, version: number): Promise<Scorer> => {
    const { manifest, onnx } = await loadModel(ports, name, version);
    return await loadScorer(ports.runtime, manifest, onnx);
  };
  const caches = {
    champion: championCache(ports, age, load),
    challenger: championCache(ports, age, load, "challenger"),
  };
  return (name, alias = "champion") => caches[alias](name);
};
