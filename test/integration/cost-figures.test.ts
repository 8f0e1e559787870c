import { MEASURED } from "@tidewatch/cli/cost/measured";
import { expect, it } from "vitest";
import { sizesBench } from "../../bench/cost-sizes.ts";

it("the sizes that the cost estimate reckons with are those that the handlers have", async () => {
  for (const [name, measured] of Object.entries(await sizesBench())) {
    const used = MEASURED[name as keyof Awaited<ReturnType<typeof sizesBench>>];
    expect(Math.abs(measured / used - 1), `${name}: ${used} in the table, ${measured} measured`).toBeLessThan(0.02);
  }
});
