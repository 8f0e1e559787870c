import type { LogModel } from "@tidewatch/core/log/model";
import { readTemplates } from "@tidewatch/core/log/read/templates";
import { templateRates } from "@tidewatch/core/log/read/vanished";
import { getLogDetector } from "@tidewatch/core/store/detectors";
import type { Table } from "@tidewatch/core/store/ports";

/** All that is known of a log's templates, and what tells which one a line has. */
export const summariseTemplates = async (table: Table, detectorId: string, model: LogModel | undefined) => {
  const rates = (await getLogDetector(table, detectorId))?.detector.rates;
  const [templates, byTemplate] = await Promise.all([
    readTemplates(table, detectorId, model),
    rates ? templateRates(table, detectorId, rates.intervalSeconds * 1000) : new Map<string, never>(),
  ]);
  return { templates, rates: byTemplate, model, live: templates.live };
};
