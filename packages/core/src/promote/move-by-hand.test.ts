import { describe, expect, test } from "vitest";
import { challenge } from "../../../../test/support/challenge.ts";
import { aliasHistory, aliasOf } from "../register/aliases.ts";
import { createModel, deleteModel, modelNamed } from "../register/registered-models.ts";
import { createVersion } from "../register/registered-versions.ts";
import { moveByHand, removeAliasByHand, setAliasByHand, versionByAlias } from "./move-by-hand.ts";

const cause = { by: "ann", reason: "asked for" };
const source = "mlflow-artifacts:/runs/r/artifacts/model";

describe("aliases that people set", () => {
  test("name versions that are there, and go", async () => {
    const { ports } = await challenge();
    const wine = await createModel(ports, "wine", {}, 5);
    await createVersion(ports, wine, { source }, 6);
    await setAliasByHand(ports, wine, "champion", 1, cause);
    expect(await versionByAlias(ports, wine, "champion")).toMatchObject({ version: 1, aliases: ["champion"] });
    await removeAliasByHand(ports, wine, "champion", cause);
    await removeAliasByHand(ports, wine, "never", cause);
    await expect(versionByAlias(ports, wine, "champion")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(setAliasByHand(ports, wine, "a", 2, cause)).rejects.toMatchObject({ code: "NOT_FOUND" });
    for (const alias of ["latest", "v3", "announced", "1st"]) {
      await expect(setAliasByHand(ports, wine, alias, 1, cause)).rejects.toThrow(/cannot be an alias/);
    }
  });

  test("of a model by its name, whatever became of those that had it before", async () => {
    const { ports } = await challenge();
    for (const atMs of [5, 7]) {
      const wine = await createModel(ports, "wine", {}, atMs);
      await createVersion(ports, wine, { source }, atMs + 1);
      if (atMs === 5) await deleteModel(ports, "wine", 6);
    }
    expect(await moveByHand(ports, "wine", "mine", 1, cause)).toMatchObject({ mine: { version: 1 } });
    expect(await moveByHand(ports, "wine", "mine", null, cause)).toEqual({});
    await expect(moveByHand(ports, "wine", "v3", 1, cause)).rejects.toThrow(/cannot be an alias/);
    await expect(moveByHand(ports, "none", "mine", 1, cause)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("of a detector promote, and begin a trial, with what it can score with", async () => {
    const { ports, of, register } = await challenge();
    for (let made = 0; made < 2; made++) await register({ center: 10, scale: 2 });
    const model = await modelNamed(ports, of.id);
    await createVersion(ports, model, { source }, 6);
    const set = (alias: string, version: number) => setAliasByHand(ports, model, alias, version, cause);
    await set("champion", 1);
    await set("challenger", 2);
    await set("mine", 3);
    const at = async (alias: string) => (await aliasOf(ports, of.id, alias))?.version;
    expect([await at("champion"), await at("challenger"), await at("mine")]).toEqual([1, 2, 3]);
    await set("champion", 2);
    expect([await at("champion"), await at("previous")]).toEqual([2, 1]);
    const [move] = await aliasHistory(ports, of.id, { alias: "champion", limit: 1 });
    expect(move).toMatchObject(cause);
    await expect(set("challenger", 3)).rejects.toThrow(/no files here/);
    await expect(set("previous", 2)).rejects.toThrow(/follows its promotions/);
    const remove = (alias: string) => removeAliasByHand(ports, model, alias, cause);
    await expect(remove("champion")).rejects.toThrow(/promote another/);
    await expect(remove("previous")).rejects.toThrow(/follows its promotions/);
    await remove("challenger");
    expect(await at("challenger")).toBeUndefined();
  });
});
