import { FAMILIES_MEASURED, MEASURED_FAMILIES } from "@tidewatch/cli/cost/measured-detectors";
import { expect, it } from "vitest";
import { sizesBench } from "../../bench/cost-sizes.ts";

const DETECTORS = MEASURED_FAMILIES.flatMap((family) => FAMILIES_MEASURED[family].map((used) => ({ family, ...used })));

it.each(DETECTORS)(
  "the sizes that the cost estimate reckons with for $family over $metrics metrics are those that the handlers have",
  async ({ family, scoreMs: _, ...used }) => {
    expect({ family, metrics: used.metrics, ...(await sizesBench(family, used.metrics)) }).toEqual({ family, ...used });
  },
  60_000,
);
