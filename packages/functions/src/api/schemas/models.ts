import { z } from "@hono/zod-openapi";
import { ImportManifest } from "@tidewatch/core/model/onnx/import-manifest";
import { Aliases } from "./model-aliases.ts";
import { pageOf } from "./paging.ts";

const PARTS_OF_BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

const manifestExample = {
  features: ["cpu", "memory"],
  higherIsAnomalous: false,
  description: "isolation forest, trained on October",
};
export const ImportManifestDocument = ImportManifest.clone().openapi("ImportManifest", { example: manifestExample });

export const Base64 = z
  .string()
  .min(1)
  .refine((text) => text.length % 4 === 0 && PARTS_OF_BASE64.test(text), "must be base64");

export const ModelImport = z
  .strictObject({
    manifest: ImportManifestDocument,
    onnx: Base64.openapi({ description: "The ONNX file, as base64.", example: "CAg6AA==" }),
    reference: z
      .strictObject({
        rows: z.array(z.array(z.number().nullable())).openapi({
          description: "A value per feature, in the manifest's order, oldest first; `null` is missing.",
        }),
        timestampsMs: z.array(z.int()).optional(),
      })
      .optional()
      .openapi({ description: "Rows that are known to be normal, to calibrate by." }),
    promote: z.boolean().default(false).openapi({ description: "Whether it is used at once." }),
  })
  .refine(
    ({ reference }) => (reference?.timestampsMs ?? reference?.rows)?.length === reference?.rows.length,
    "the reference must have as many timestamps as rows",
  )
  .openapi("ModelImport", {
    example: { manifest: manifestExample, onnx: "CAg6AA==", reference: { rows: [[45.2, 78.1]] }, promote: false },
  });

export const ImportedModel = z
  .object({
    name: z.string(),
    version: z.int(),
    output: z.string().openapi({ description: "The output of the model that is read." }),
    outputIs: z.enum(["score", "probabilities", "reconstruction"]),
    positiveClass: z.union([z.string(), z.int()]).optional(),
    higherIsAnomalous: z.boolean().optional(),
    msPerRow: z.number().openapi({ description: "CPU time, as measured when it was tried." }),
    onnxBytes: z.int(),
    onnxSha256: z
      .string()
      .openapi({ description: "Of what is served: the file with its input and output made uniform." }),
    referenceRows: z.int(),
    promoted: z.boolean(),
  })
  .openapi("ImportedModel", {
    example: {
      ...{ name: "web", version: 3, output: "scores", outputIs: "score" as const, higherIsAnomalous: false },
      ...{ msPerRow: 0.004, onnxBytes: 184_320, onnxSha256: "9f86d081…", referenceRows: 1440, promoted: false },
    },
  });
export type ImportedModel = z.output<typeof ImportedModel>;

const alias = z.object({ version: z.int(), sinceMs: z.int() }).nullable();
export const ModelSummary = z
  .object({
    name: z.string().openapi({ description: "A model has the name of its detector." }),
    family: z.string(),
    champion: alias.openapi({ description: "The version in use; `null` before the first." }),
    previous: alias.openapi({ description: "The one before it." }),
    newest: z.int().nullable().openapi({ description: "The newest version that is registered." }),
  })
  .openapi("ModelSummary");
export type ModelSummary = z.output<typeof ModelSummary>;
export const ModelPage = pageOf(ModelSummary).openapi("ModelPage");

export const ModelDocument = z
  .object({
    name: z.string(),
    champion: alias,
    previous: alias,
    aliases: Aliases,
    versions: z
      .array(z.object({ version: z.int(), createdAtMs: z.int(), trainingRows: z.int() }))
      .openapi({ description: "The newest first; `trainingRows` of an imported one are its reference rows." }),
  })
  .openapi("Model", {
    example: {
      name: "web",
      champion: { version: 2, sinceMs: 1_763_632_800_000 },
      previous: { version: 1, sinceMs: 1_763_632_800_000 },
      aliases: {
        champion: { version: 2, sinceMs: 1_763_632_800_000 },
        previous: { version: 1, sinceMs: 1_763_632_800_000 },
      },
      versions: [{ version: 2, createdAtMs: 1_763_632_700_000, trainingRows: 1440 }],
    },
  });
export type ModelDocument = z.output<typeof ModelDocument>;

const nameParam = z.string().openapi({
  param: { name: "name", in: "path" },
  description: "The model's name: its detector's id.",
  example: "web",
});
export const ModelPath = z.object({ name: nameParam });
export const VersionPath = z.object({
  name: nameParam,
  version: z.coerce
    .number("must be a number")
    .int()
    .positive()
    .openapi({ param: { name: "version", in: "path" }, type: "integer", example: 3 }),
});

export const Promotion = z
  .strictObject({ version: z.union([z.int().positive(), z.literal("previous")]) })
  .openapi("Promotion", { description: "`previous` rolls the last promotion back.", example: { version: 3 } });
