import type { Detector } from "../detector.ts";
import { aliasOf } from "../register/aliases.ts";
import type { SpeedPorts } from "../register/limits.ts";
import type { RegistryPorts } from "../register/models.ts";
import { shadowPk } from "../store/keys.ts";
import { listLabels } from "../store/labels.ts";
import type { Table } from "../store/ports.ts";
import { type ComparedSeries, type GateEvidence, modelCost } from "./evidence.ts";
import { comparedOf, readShadow } from "./shadow-doc.ts";

/** Series of one query. */
const PAGE = 100;

/**
 * What a version did in shadow, beside the champion, for the gate.
 * @throws AppError NOT_FOUND, CORRUPT when one of the two models cannot be read
 */
export const shadowEvidence = async (
  ports: RegistryPorts & SpeedPorts,
  { id }: Pick<Detector, "id">,
  version: number,
  regime?: GateEvidence["regime"],
): Promise<GateEvidence> => {
  const champion = await aliasOf(ports, id, "champion");
  return {
    source: "shadow",
    series: await shadowSeries(ports.table, id, version),
    champion: champion && (await modelCost(ports, id, champion.version)),
    challenger: await modelCost(ports, id, version),
    labels: (await listLabels(ports.table, id)).map(({ label }) => label),
    regime,
  };
};

const shadowSeries = async (table: Table, detectorId: string, version: number): Promise<ComparedSeries[]> => {
  const series: ComparedSeries[] = [];
  let from = "";
  for (;;) {
    const page = await table.query({ pk: shadowPk(detectorId, version), from, limit: PAGE });
    for (const item of page) {
      const compared = comparedOf(readShadow(item));
      if (compared) series.push(compared);
    }
    if (page.length < PAGE) return series;
    // NUL is the lowest character: what follows it sorts right behind the last one.
    from = `${page.at(-1)!.sk}\u0000`;
  }
};
