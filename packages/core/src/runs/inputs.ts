import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { runPartKey } from "../store/keys.ts";
import type { Table } from "../store/ports.ts";
import { DatasetInput, ModelUse } from "./run.ts";
import { anyway } from "./write.ts";

type Uses = { datasets?: readonly DatasetInput[]; models?: readonly ModelUse[] };

/** Notes what a run was fed with. A dataset is its name and digest: the same one again takes its own place. */
export const logInputs = async ({ table }: { table: Table }, runId: string, uses: Uses): Promise<void> => {
  const { datasets = [], models = [] } = uses;
  const puts = [
    ...datasets.map((dataset) => {
      const parsed = DatasetInput.parse(dataset);
      const name = bytesToHex(sha256(utf8ToBytes(JSON.stringify([parsed.name, parsed.digest])))).slice(0, 32);
      return anyway(runPartKey(runId, "INPUT", `DATASET#${name}`), parsed);
    }),
    ...models.map((model) => anyway(runPartKey(runId, "INPUT", `MODEL#${model.modelId}`), ModelUse.parse(model))),
  ];
  if (puts.length > 0) await table.putMany(puts);
};

/** Notes which logged models a run made. */
export const logOutputs = async (
  { table }: { table: Table },
  runId: string,
  models: readonly ModelUse[],
): Promise<void> => {
  const puts = models.map((model) => anyway(runPartKey(runId, "OUTPUT", model.modelId), ModelUse.parse(model)));
  if (puts.length > 0) await table.putMany(puts);
};
