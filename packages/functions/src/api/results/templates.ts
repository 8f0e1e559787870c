import { type LogModel, modelFor } from "@tidewatch/core/log/model";
import { readTemplates } from "@tidewatch/core/log/read/templates";
import { templateRates } from "@tidewatch/core/log/read/vanished";
import { getLogDetector } from "@tidewatch/core/store/detectors";
import type { Table } from "@tidewatch/core/store/ports";

/** All that is known of a log's templates, and what tells which one a line has. */
export const summariseTemplates = async (table: Table, detectorId: string, champion: LogModel | undefined) => {
  const detector = (await getLogDetector(table, detectorId))?.detector;
  const model = detector && modelFor(detector, champion);
  const rates = detector?.rates;
  const [templates, byTemplate] = await Promise.all([
    readTemplates(table, detectorId, model),
    rates ? templateRates(table, detectorId, rates.intervalSeconds * 1000) : new Map<string, never>(),
  ]);
  return { templates, rates: byTemplate, model, live: templates.live };
};
