import type { Clock } from "../store/ports.ts";
import { aliasOf } from "./aliases.ts";
import type { RegistryPorts } from "./models.ts";

export type CachePorts = RegistryPorts & { clock: Clock };

/**
 * Keeps what is loaded of champions in memory. The alias is looked up again once its answer is `maxAgeMs` old; `load` is
 * called again only when the alias names another version. Calls at the same time share one look-up. A failure is not kept.
 */
export const championCache = <T>(
  ports: CachePorts,
  { maxAgeMs }: { maxAgeMs: number },
  load: (name: string, version: number) => Promise<T>,
): ((name: string) => Promise<T | undefined>) => {
  type Loaded = { version: number; value: T } | undefined;
  type Entry = { checkedAtMs: number; loaded: Promise<Loaded> };
  const entries = new Map<string, Entry>();
  const lookUp = async (name: string, known: Promise<Loaded> | undefined): Promise<Loaded> => {
    const champion = await aliasOf(ports, name, "champion");
    if (!champion) return undefined;
    const current = await known?.catch(() => undefined);
    if (current?.version === champion.version) return current;
    return { version: champion.version, value: await load(name, champion.version) };
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
