import { putDetector } from "@tidewatch/core/store/detectors";
import { driftStateKey } from "@tidewatch/core/store/keys";
import { expect, test } from "vitest";
import { afterHour, driftWorld, host, machine } from "../../../../test/support/drifting.ts";
import { checkDriftOf } from "./check-drift.ts";

test("the schedule checks all detectors, says what has drifted or failed, and fails itself while the bus is away", async () => {
  const { ports, feed, published } = driftWorld(host());
  await putDetector(ports.table, host(), undefined);
  await putDetector(ports.table, host({ id: "broken" }), undefined);
  await feed([machine("a", 1, 60, 40)], 0, 66);
  const damaged = { ...driftStateKey("broken"), version: 1, doc: "{" };
  await ports.table.putMany([{ item: damaged, condition: { kind: "any" } }]);
  const logged: object[] = [];
  let hour = 50;
  const schedule = { ...ports, clock: () => afterHour(hour), log: (entry: object) => logged.push(entry) };
  await checkDriftOf(schedule)();
  expect(logged).toMatchObject([{ level: "warn", message: "could not check for drift", detector: "broken" }]);
  hour = 66;
  const away = { publish: () => Promise.reject(new Error("the bus is away")) };
  await expect(checkDriftOf({ ...schedule, bus: away })()).rejects.toThrow("the bus is away");
  await checkDriftOf(schedule)();
  expect(logged).toContainEqual({ level: "warn", message: "what comes in has drifted", detectors: ["host"] });
  expect(published.length).toBe(1);
});
