import { z } from "zod";
import type { ImportedFamily } from "../family.ts";

const config = z.strictObject({ family: z.literal("onnx") });

/** A model that was made elsewhere and imported; see docs/import.md. */
export const onnxFamily = { kind: "imported", config } satisfies ImportedFamily<z.output<typeof config>>;
