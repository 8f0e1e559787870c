import { AppError } from "../../errors.ts";
import { type OnnxModel, RESERVED_PREFIX } from "./read-model.ts";

/** What onnxruntime-node 1.30 loads, found by trying: later ones it refuses itself, with an error that says less. */
const IR_VERSIONS = [3, 13] as const;
/** Version 7 is where the operators that an import adds got their present form (broadcasting). */
const OPSETS: ReadonlyMap<string, readonly [number, number]> = new Map([
  ["", [7, 26]],
  ["ai.onnx.ml", [1, 5]],
]);
/** Of other operator sets: what the format allows. */
const ANY_VERSION = [1, 2 ** 31 - 1] as const;
/** Operator sets that are built into ONNX Runtime. The last is its own, for what its optimiser writes. */
const KNOWN_DOMAINS = new Set(["", "ai.onnx.ml", "com.microsoft"]);

const refused = (reason: string): AppError => new AppError("VALIDATION", reason);

/**
 * Refuses what ONNX Runtime as it is shipped cannot run, and what does not stand for itself. Says what to do.
 * @throws AppError VALIDATION
 */
export const checkModel = (model: OnnxModel): void => {
  const { irVersion, facts } = model;
  if (!isWithin(irVersion, IR_VERSIONS)) {
    throw refused(
      `The file has IR version ${irVersion}; ${IR_VERSIONS.join(" to ")} can be read. Export it with another onnx package.`,
    );
  }
  if (model.opsets.size === 0) throw refused("This is no ONNX file: it names no operator set.");
  for (const [domain, version] of model.opsets) checkOpset(domain, version);
  for (const [domain, operator] of facts.domains) {
    if (KNOWN_DOMAINS.has(domain) || facts.ownDomains.has(domain)) continue;
    throw refused(
      `The operator ${operator} is of the domain "${domain}", which ONNX Runtime does not bring along: custom operators ` +
        "cannot be run here. Export the model with standard operators only.",
    );
  }
  const [external] = facts.external;
  if (external !== undefined) {
    throw refused(
      `The values of "${external}" are in another file. Save all in one: external_data=False in torch.onnx.export, or onnx.save(onnx.load(path), other).`,
    );
  }
  const [reserved] = facts.reserved;
  if (reserved !== undefined) {
    throw refused(
      `A tensor of it is named "${reserved}". Names that begin with ${RESERVED_PREFIX} are what an import adds: import the original file.`,
    );
  }
};

const checkOpset = (domain: string, version: number): void => {
  const versions = OPSETS.get(domain) ?? ANY_VERSION;
  if (isWithin(version, versions)) return;
  const [lowest, highest] = versions;
  throw refused(
    `The file needs version ${version} of the operators ${domain || "ai.onnx"}; ${lowest} to ${highest} are known. ` +
      `Export it for one of these, such as ${Math.min(highest, 17)} (opset_version, target_opset).`,
  );
};

const isWithin = (value: number, [lowest, highest]: readonly [number, number]): boolean =>
  value >= lowest && value <= highest;

/** First bytes of files that are handed in instead of ONNX, and how to make ONNX of them. */
const OTHER_FORMATS: readonly { magic: readonly number[]; what: string; how: string }[] = [
  { magic: [0x50, 0x4b], what: "a zip archive, as PyTorch and Keras save models", how: "torch.onnx.export or tf2onnx" },
  { magic: [0x80], what: "a Python pickle", how: "skl2onnx.to_onnx" },
  { magic: [0x89, 0x48, 0x44, 0x46], what: "an HDF5 file, as Keras saves models", how: "tf2onnx" },
  { magic: [0x1f, 0x8b], what: "a gzip file", how: "gunzip" },
  { magic: [0x7b], what: "JSON text", how: "the export of the library that made it" },
];

/** Names what was handed in when it is plainly something else. No ONNX file begins with any of these bytes. */
export const checkFormat = (file: Uint8Array): void => {
  const other = OTHER_FORMATS.find(({ magic }) => magic.every((byte, at) => file[at] === byte));
  if (other) throw refused(`This is ${other.what}, not ONNX: make ONNX of it first (${other.how}).`);
};
