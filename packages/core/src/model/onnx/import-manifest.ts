import { z } from "zod";

/**
 * What a person writes beside an ONNX file that was made elsewhere: what it takes, and how its output is to be read. The
 * full manifest of a version is made from it and from what the import finds out.
 */
export const ImportManifest = z.strictObject({
  detector: z
    .string()
    .optional()
    .describe("Id of the detector that the model is for; the command line can say it too."),
  description: z.string().max(1000).optional().describe("Kept with the version."),
  features: z
    .array(z.string().min(1))
    .min(1)
    .max(64)
    .describe("Names of the detector's features, in the order of the model's columns."),
  shingleSize: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe("Consecutive rows in one vector, the oldest first, each with all features; as in the detector."),
  scaling: z
    .array(z.strictObject({ center: z.number(), scale: z.number().positive() }))
    .optional()
    .describe(
      "Per feature; for a model that was trained on (x − center) / scale. Absent: it takes the values as they are.",
    ),
  output: z.string().min(1).optional().describe("Name of the output to read, where it is not plain."),
  outputIs: z
    .enum(["score", "probabilities", "reconstruction"])
    .optional()
    .describe(
      "`score`: one number a row. `probabilities`: one column per class. `reconstruction`: the input again, whose error is the " +
        "score. Found out by itself where it is plain.",
    ),
  positiveClass: z
    .union([z.string(), z.int()])
    .optional()
    .describe(
      "Of a classifier: the class that is the anomaly; its column, from 0, where the file does not name its classes.",
    ),
  higherIsAnomalous: z
    .boolean()
    .optional()
    .describe("Of a score: false where lower is stranger, as for scikit-learn's `decision_function`."),
  calibration: z
    .strictObject({ outputs: z.array(z.number()).min(2).max(1000), shares: z.array(z.number().gt(0).max(1)).min(2) })
    .optional()
    .describe(
      "Instead of reference rows: `outputs[i]` is reached or passed, towards the strange side, by the share `shares[i]` of " +
        "normal rows. The rarest share should be 0.001 or less.",
    ),
});
export type ImportManifest = z.output<typeof ImportManifest>;
