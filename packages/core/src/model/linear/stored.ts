import { z } from "zod";
import { AppError } from "../../errors.ts";
import type { Manifest } from "../manifest.ts";
import type { LinearProcess } from "./process.ts";

const terms = z.array(z.tuple([z.int().nonnegative(), z.number()])).min(1);
const StoredProcess = z.object({ ar: terms, ma: terms, constant: z.number(), sd: z.number().nonnegative() });

/** In a manifest's `params`, by families that forecast: one process per feature, in the feature's own units. */
const ProcessParams = z.object({ processes: z.array(StoredProcess).min(1) });
type ProcessParams = z.output<typeof ProcessParams>;

/** Terms as [lag, coefficient], in the order in which they were made: JSON has no maps. */
export const storedProcesses = (processes: readonly LinearProcess[]): ProcessParams => ({
  processes: processes.map(({ ar, ma, constant, sd }) => ({ ar: [...ar], ma: [...ma], constant, sd })),
});

/**
 * The processes of a model's features, in their order; `undefined` for models of families that have none. Throws `CORRUPT` for
 * a manifest whose processes cannot be read or do not match its features.
 */
export const processesOf = ({
  name,
  version,
  params,
  features,
}: Pick<Manifest, "name" | "version" | "params" | "features">): LinearProcess[] | undefined => {
  if (params.processes === undefined) return undefined;
  const parsed = ProcessParams.safeParse(params);
  if (!parsed.success || parsed.data.processes.length !== features.length) {
    throw new AppError("CORRUPT", `the manifest of model ${name} version ${version} has no process for each feature`);
  }
  return parsed.data.processes.map(({ ar, ma, constant, sd }) => ({ ar: new Map(ar), ma: new Map(ma), constant, sd }));
};
