import { loadScorer, type Scorer } from "../model/scorer.ts";
import type { ModelRuntime } from "../store/ports.ts";
import { type CachePorts, championCache } from "./champion-cache.ts";
import { loadModel } from "./models.ts";

export type ScorerCachePorts = CachePorts & { runtime: ModelRuntime };
/** The champion's scorer of a model name (a detector's id), `undefined` before the first training. */
export type ScorerOf = (name: string) => Promise<Scorer | undefined>;

/** Keeps the champions' scorers in memory; see `championCache`. */
export const scorerCache = (ports: ScorerCachePorts, age: { maxAgeMs: number }): ScorerOf =>
  championCache(ports, age, async (name, version) => {
    const { manifest, onnx } = await loadModel(ports, name, version);
    return await loadScorer(ports.runtime, manifest, onnx);
  });
