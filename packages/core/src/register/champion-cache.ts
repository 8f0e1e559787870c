import type { Clock } from "../store/ports.ts";
import { aliasOf } from "./aliases.ts";
import type { RegistryPorts } from "./models.ts";

export type CachePorts = RegistryPorts & { clock: Clock };

/** Whose scorers stay in memory: the live model's, and that of a challenger which some series try. */
export type LiveAlias = "champion" | "challenger";

/**
 * Keeps what is loaded of champions in memory. The alias is looked up again once its answer is `maxAgeMs` old; `load` is
 * called again only when the alias names another version. Calls at the same time share one look-up. A failure is not kept.
 * @param alias what is kept instead of the champion
 */
export const championCache = <T>(
  ports: CachePorts,
  { maxAgeMs }: { maxAgeMs: number },
  load: (name: string, version: number) => Promise<T>,
  alias: LiveAlias = "champion",
): ((name: string) => Promise<T | undefined>) => {
  type Loaded = { version: number; value: T } | undefined;
  type Entry = { checkedAtMs: number; loaded: Promise<Loaded> };
  const entries = new Map<string, Entry>();
  const lookUp = async (name: string, known: Promise<Loaded> | undefined): Promise<Loaded> => {
    const live = await aliasOf(ports, name, alias);
    if (!live) return undefined;
    const current = await known?.catch(() => undefined);
    if (current?.version === live.version) return current;
    return { version: live.version, value: await load(name, live.version) };
  };
  return async (name) => {
    const nowMs = ports.clock();
    let entry = entries.get(name);
    if (!entry || nowMs - entry.checkedAtMs >= maxAgeMs) {
      const fresh = { checkedAtMs: nowMs, loaded: lookUp(name, entry?.loaded) };
      entries.set(name, fresh);
      fresh.loaded.catch(() => {
        if (entries.get(name) === fresh) entries.delete(name);
      });
      entry = fresh;
    }
    return (await entry.loaded)?.value;
  };
};
