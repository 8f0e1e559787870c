import { FAMILIES_MEASURED, MEASURED_FAMILIES } from "@tidewatch/cli/cost/measured-detectors";
import { MEASURED_LEARNING } from "@tidewatch/cli/cost/measured-learning";
import { MEASURED_LOGS } from "@tidewatch/cli/cost/measured-logs";
import { expect, it } from "vitest";
import { compactBench } from "../../bench/cost-learning.ts";
import { logSizesBench } from "../../bench/cost-log-sizes.ts";
import { sizesBench } from "../../bench/cost-sizes.ts";

const DETECTORS = MEASURED_FAMILIES.flatMap((family) => FAMILIES_MEASURED[family].map((used) => ({ family, ...used })));

it.each(DETECTORS)(
  "the sizes that the cost estimate reckons with for $family over $metrics metrics are those that the handlers have",
  async ({ family, scoreMs: _, ...used }) => {
    expect({ family, metrics: used.metrics, ...(await sizesBench(family, used.metrics)) }).toEqual({ family, ...used });
  },
  60_000,
);

it("the sizes of log lines and sessions are those that the log stage has", async () => {
  const { logMs: _, ...used } = MEASURED_LOGS;
  expect(await logSizesBench()).toEqual(used);
}, 60_000);

it("the compacted archive is as large as it was measured", async () => {
  const { bytesPerEvent } = await compactBench();
  const { archivedBytes } = FAMILIES_MEASURED["isolation-forest"].find(({ metrics }) => metrics === 3)!;
  expect(bytesPerEvent / archivedBytes).toBeCloseTo(MEASURED_LEARNING.compactedShare, 1);
}, 60_000);
