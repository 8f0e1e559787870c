import { describe, expect, test } from "vitest";
import { host, importOrder, importPorts, NOW_MS } from "../../../../test/support/onnx/imports.ts";
import { Detector } from "../detector.ts";
import { getDetector, putDetector } from "../store/detectors.ts";
import { moveAlias } from "./aliases.ts";
import { importModel } from "./import.ts";
import { registerModel, reserveVersion } from "./models.ts";
import { overviewOf, promoteVersion } from "./promote-version.ts";

const CAUSE = { by: "test", reason: "test" };

describe("promoteVersion", () => {
  test("moves the champion, and back", async () => {
    const to = await importPorts();
    await importModel(to, importOrder());
    await importModel(to, importOrder());
    expect(await overviewOf(to, "host", 10)).toMatchObject({ champion: null, previous: null });
    await expect(promoteVersion(to, "host", "previous", CAUSE)).rejects.toMatchObject({
      code: "CONFLICT",
      message: /nothing to go/,
    });
    expect([await promoteVersion(to, "host", 1, CAUSE), await promoteVersion(to, "host", 2, CAUSE)]).toEqual([1, 2]);
    expect(await promoteVersion(to, "host", "previous", CAUSE)).toBe(1);
    const overview = await overviewOf(to, "host", 10);
    expect(overview).toMatchObject({ champion: { version: 1, sinceMs: NOW_MS }, previous: { version: 2 } });
    expect(overview.champion).not.toHaveProperty("revision");
    expect(overview.versions.map(({ version }) => version)).toEqual([2, 1]);
  });

  test("goes back after a promotion that died between its two moves", async () => {
    const to = await importPorts();
    for (const version of [1, 2, 3]) {
      await importModel(to, importOrder());
      if (version < 3) await promoteVersion(to, "host", version, CAUSE);
    }
    // What a promotion of version 3 leaves that dies before its second move.
    await moveAlias(to, "host", "previous", 2, CAUSE, NOW_MS);
    expect(await promoteVersion(to, "host", "previous", CAUSE)).toBe(1);
    expect(await overviewOf(to, "host", 10)).toMatchObject({ champion: { version: 1 }, previous: { version: 2 } });
  });

  test("refuses what is not there, and what was made for other rows", async () => {
    const to = await importPorts();
    const { manifest } = await importModel(to, importOrder());
    await expect(promoteVersion(to, "web", 1, CAUSE)).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: /no detector "web"/,
    });
    await expect(promoteVersion(to, "host", 9, CAUSE)).rejects.toMatchObject({ code: "NOT_FOUND" });
    const version = await reserveVersion(to, "host");
    await registerModel(to, { manifest: { ...manifest, version, featureHash: "other" }, onnx: new Uint8Array(1) });
    await expect(promoteVersion(to, "host", version, CAUSE)).rejects.toMatchObject({
      code: "CONFLICT",
      message: /other features/,
    });
  });

  test("refuses a version of another family, also as the previous one", async () => {
    const to = await importPorts();
    await importModel(to, importOrder());
    await importModel(to, importOrder());
    for (const version of [1, 2]) await promoteVersion(to, "host", version, CAUSE);
    const stored = await getDetector(to.table, "host");
    await putDetector(to.table, host({ model: { family: "var" } }), stored?.version);
    for (const wanted of [2, "previous"] as const) {
      await expect(promoteVersion(to, "host", wanted, CAUSE)).rejects.toMatchObject({
        code: "CONFLICT",
        message: /of the model family onnx; detector "host" has var now/,
      });
    }
    expect(await overviewOf(to, "host", 10)).toMatchObject({ champion: { version: 2 } });
  });

  test("a detector that learns row by row uses none", async () => {
    const to = await importPorts(Detector.parse({ id: "host", features: [{ metric: "a" }] }));
    await expect(promoteVersion(to, "host", 1, CAUSE)).rejects.toMatchObject({
      code: "CONFLICT",
      message: /uses no model/,
    });
  });
});
