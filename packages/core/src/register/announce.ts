import { modelAliasKey, modelVersionKey } from "../store/keys.ts";
import type { Bus, BusEvent, Item, Put, Table } from "../store/ports.ts";
import { AliasDoc, ANNOUNCED } from "./aliases.ts";
import { VersionDoc } from "./models.ts";

export type AnnouncePorts = { table: Table; bus: Bus };
type Live = { name: string; version: number; sinceMs: number };

/**
 * Publishes `model.promoted` for each live model of these names that was not announced yet, whoever promoted it, and notes
 * that it was. The note comes after the event: a crash or a second run in between publishes it again, under the same id. Of
 * models that replaced each other meanwhile, the live one is announced.
 *
 * Aliases that cannot be read are left out: whoever trains or scores by them says so.
 *
 * @throws what the table or the bus throws; what was not noted then is announced by the next call
 */
export const announceModels = async ({ table, bus }: AnnouncePorts, names: readonly string[]): Promise<void> => {
  const waiting = await unannounced(table, names);
  if (waiting.length === 0) return;
  const versions = await table.getMany(waiting.map(({ name, version }) => modelVersionKey(name, version)));
  await bus.publish(waiting.map((live, index) => promoted(live, versions[index])));
  await table.putMany(waiting.map(note));
};

const unannounced = async (table: Table, names: readonly string[]): Promise<Live[]> => {
  const [champions, notes] = await Promise.all([
    table.getMany(names.map((name) => modelAliasKey(name, "champion"))),
    table.getMany(names.map((name) => modelAliasKey(name, ANNOUNCED))),
  ]);
  return names.flatMap((name, index) => {
    const champion = read(AliasDoc, champions[index]);
    if (!champion?.version || champion.version === read(AliasDoc, notes[index])?.version) return [];
    return [{ name, version: champion.version, sinceMs: champion.sinceMs }];
  });
};

/** Under an id of the promotion itself: a repeat is the same event, to go back to a version that was announced before is another. */
const promoted = ({ name, version, sinceMs }: Live, item: Item | undefined): BusEvent => {
  const trainingRows = read(VersionDoc, item)?.trainingRows;
  const detail = { name, version, ...(trainingRows !== undefined && { trainingRows }) };
  return { id: `model.promoted#${name}#${version}#${sinceMs}`, type: "model.promoted", timeMs: sinceMs, detail };
};

/** Of two runs at once the later one may note the older model: then the newer one is announced again. */
const note = ({ name, version, sinceMs }: Live): Put => ({
  item: { ...modelAliasKey(name, ANNOUNCED), version, doc: JSON.stringify({ version, sinceMs }) },
  condition: { kind: "any" },
});

const read = <T>(
  schema: { safeParse(value: unknown): { success: true; data: T } | { success: false } },
  item: Item | undefined,
): T | undefined => {
  if (!item) return undefined;
  try {
    const parsed = schema.safeParse(JSON.parse(item.doc ?? "null"));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
};
