import { z } from "zod";
import { arima } from "./arima/family.ts";
import type { Family } from "./family.ts";
import { hybrid } from "./hybrid/family.ts";
import { isolationForest } from "./isolation-forest/family.ts";
import { lstm } from "./lstm/family.ts";
import { onnxFamily } from "./onnx/family.ts";
import { randomForest } from "./random-forest/family.ts";
import { stream } from "./stream/family.ts";
import { varFamily } from "./var/family.ts";

/** Every model family, the default first. */
const FAMILIES = {
  stream,
  "isolation-forest": isolationForest,
  var: varFamily,
  arima,
  hybrid,
  onnx: onnxFamily,
  "random-forest": randomForest,
  lstm,
} as const;

type Families = typeof FAMILIES;
export type FamilyName = keyof Families;
type ConfigOf<Name extends FamilyName> = z.output<Families[Name]["config"]>;
/** A detector's `model`. */
export type ModelConfig = { [Name in FamilyName]: ConfigOf<Name> }[FamilyName];

export const FAMILY_NAMES = Object.keys(FAMILIES) as FamilyName[];

export const ModelConfig = z
  .discriminatedUnion(
    "family",
    Object.values(FAMILIES).map(({ config }) => config) as unknown as [Families["stream"]["config"]],
  )
  .prefault({}) as unknown as z.ZodType<ModelConfig, { family?: FamilyName } | undefined>;

export const familyOf = ({ family }: { family: FamilyName }): Family => FAMILIES[family] as unknown as Family;

export const learnsFromLabels = (model: { family: FamilyName }): boolean => {
  const family = familyOf(model);
  return family.kind === "trained" && family.learnsFrom === "labels";
};
