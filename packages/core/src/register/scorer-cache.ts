import { loadScorer, type Scorer } from "../model/scorer.ts";
import type { Clock, ModelRuntime } from "../store/ports.ts";
import { aliasOf, loadModel, type RegistryPorts } from "./models.ts";

export type ScorerCachePorts = RegistryPorts & { runtime: ModelRuntime; clock: Clock };
/** The champion's scorer of a model name (a detector's id), `undefined` before the first training. */
export type ScorerOf = (name: string) => Promise<Scorer | undefined>;

/**
 * Keeps the champions' scorers in memory. The alias is looked up again once its answer is `maxAgeMs` old; the model is
 * loaded again only when the alias names another version. Calls at the same time share one look-up. A failure is not kept.
 */
export const scorerCache = (ports: ScorerCachePorts, { maxAgeMs }: { maxAgeMs: number }): ScorerOf => {
  type Entry = { checkedAtMs: number; scorer: Promise<Scorer | undefined> };
  const entries = new Map<string, Entry>();
  return (name) => {
    const nowMs = ports.clock();
    const known = entries.get(name);
    if (known && nowMs - known.checkedAtMs < maxAgeMs) return known.scorer;
    const entry = { checkedAtMs: nowMs, scorer: lookUp(ports, name, known?.scorer) };
    entries.set(name, entry);
    entry.scorer.catch(() => {
      if (entries.get(name) === entry) entries.delete(name);
    });
    return entry.scorer;
  };
};

const lookUp = async (
  ports: ScorerCachePorts,
  name: string,
  known: Promise<Scorer | undefined> | undefined,
): Promise<Scorer | undefined> => {
  const champion = await aliasOf(ports, name, "champion");
  if (!champion) return undefined;
  const current = await known?.catch(() => undefined);
  if (current?.manifest.version === champion.version) return current;
  const { manifest, onnx } = await loadModel(ports, name, champion.version);
  return loadScorer(ports.runtime, manifest, onnx);
};
