import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { z } from "zod";
import { AppError } from "../errors.ts";
import { Manifest } from "../model/manifest.ts";
import { modelVersionKey } from "../store/keys.ts";
import type { Blobs, Item, Table } from "../store/ports.ts";
import { type AliasCause, aliasOf, moveAlias, movedByOther } from "./aliases.ts";
import { checkModelSize } from "./limits.ts";

export type RegistryPorts = { table: Table; blobs: Blobs };
export type Model = { manifest: Manifest; onnx: Uint8Array };

/**
 * `reserved`: the number is taken, its files may be missing; a trainer that died leaves a gap in the numbers. `external`: its
 * files are elsewhere, at `source`; no scorer ever loads it.
 */
export const VersionDoc = z.strictObject({
  version: z.int().positive(),
  state: z.enum(["reserved", "registered", "external", "deleted"]),
  trainedAtMs: z.int().optional(),
  trainingRows: z.int().optional(),
  /** Of the tracking store: the run that it came from. Whoever reserves for one gets the same number each time. */
  runId: z.string().optional(),
  source: z.string().optional(),
  createdAtMs: z.int().optional(),
});
export type ModelVersion = z.output<typeof VersionDoc>;

/** Trainers of one model that start at the same moment; each conflict means that another one got a number. */
const RESERVE_ATTEMPTS = 100;

/** Versions that others may make while one run is under way. */
const RUN_LOOK_BACK = 100;

/** Where a file of a version is kept. */
export const modelFileKey = (name: string, version: number, file: string) => `models/${name}/${version}/${file}`;

/**
 * Takes the next free version number of a model; two callers never get the same, unless they ask for the same run. That is
 * looked for among the newest `RUN_LOOK_BACK` versions.
 */
export const reserveVersion = async (
  { table }: Pick<RegistryPorts, "table"> & Partial<RegistryPorts>,
  name: string,
  runId?: string,
): Promise<number> => {
  for (let attempt = 0; attempt < RESERVE_ATTEMPTS; attempt++) {
    const newest = await queryVersions(table, name, runId === undefined ? 1 : RUN_LOOK_BACK);
    const mine = runId !== undefined && newest.find((one) => one.runId === runId);
    if (mine) return mine.version;
    const version = (newest[0]?.version ?? 0) + 1;
    const doc: ModelVersion = { version, state: "reserved", ...(runId !== undefined && { runId }) };
    if (await putVersion(table, name, doc, "absent")) return version;
  }
  throw new AppError("UNAVAILABLE", `no free version number of model ${name} after ${RESERVE_ATTEMPTS} attempts`);
};

/**
 * Stores a model under the version number that its manifest carries, which must be reserved. Versions are immutable. Throws
 * `TOO_LARGE` for files that do not fit into a function.
 */
export const registerModel = async (ports: RegistryPorts, { manifest, onnx }: Model): Promise<void> => {
  checkModelSize(onnx.length);
  await registerFiles(ports, manifest, { "model.onnx": onnx, "manifest.json": jsonFile(manifest) });
};

/** The same for a version that was reserved for a run: done before, or by another one at the same time, it is done. */
export const registerOnce = async (ports: RegistryPorts, model: Model): Promise<void> => {
  const { name, version } = model.manifest;
  const isThere = async () => {
    const [item] = await ports.table.getMany([modelVersionKey(name, version)]);
    return item !== undefined && stateOf(item) === "registered";
  };
  if (await isThere()) return;
  try {
    await registerModel(ports, model);
  } catch (error) {
    if (!(await isThere())) throw error;
  }
};

type Named = { name: string; version: number; trainedAtMs: number; trainingRows: number; runId?: string | undefined };

/** Stores the files of a version that was reserved, then says that it is there. Versions of every kind go through here. */
export const registerFiles = async (
  { table, blobs }: RegistryPorts,
  { name, version, trainedAtMs, trainingRows, runId }: Named,
  files: Readonly<Record<string, Uint8Array>>,
): Promise<void> => {
  const [item] = await table.getMany([modelVersionKey(name, version)]);
  if (!item || stateOf(item) !== "reserved") throw notReserved(name, version);
  for (const [file, bytes] of Object.entries(files)) await blobs.put(modelFileKey(name, version, file), bytes);
  const facts = { trainedAtMs, trainingRows, ...(runId !== undefined && { runId }) };
  const registered = await putVersion(table, name, { version, state: "registered", ...facts }, 1);
  if (!registered) throw notReserved(name, version);
};

const notReserved = (name: string, version: number): AppError =>
  new AppError("CONFLICT", `version ${version} of model ${name} is not reserved`);

const stateOf = ({ doc }: Item): ModelVersion["state"] => VersionDoc.parse(JSON.parse(doc ?? "null")).state;

/** Says of a number that was reserved that its model is elsewhere. */
export const registerExternal = async (
  { table }: { table: Table },
  name: string,
  version: number,
  about: { source: string; runId?: string; createdAtMs: number },
): Promise<void> => {
  const registered = await putVersion(table, name, { version, state: "external", ...about }, 1);
  if (!registered) throw notReserved(name, version);
};

/** A document as a file that people can read. */
export const jsonFile = (document: unknown): Uint8Array =>
  new TextEncoder().encode(`${JSON.stringify(document, null, 2)}\n`);

/** Registered versions, newest first. */
export const listVersions = async ({ table }: RegistryPorts, name: string, limit: number): Promise<ModelVersion[]> =>
  (await queryVersions(table, name, limit)).filter(({ state }) => state === "registered");

/** Reads a version back. Throws `NOT_FOUND`, or `CORRUPT` when its files are not what was registered. */
export const loadModel = async ({ blobs }: RegistryPorts, name: string, version: number): Promise<Model> => {
  const [file, onnx] = await Promise.all([
    blobs.get(modelFileKey(name, version, "manifest.json")),
    blobs.get(modelFileKey(name, version, "model.onnx")),
  ]);
  if (!file || !onnx) throw new AppError("NOT_FOUND", `model ${name} has no version ${version}`);
  const manifest = parseManifest(file, name, version);
  if (bytesToHex(sha256(onnx)) !== manifest.onnxSha256) {
    throw new AppError("CORRUPT", `model ${name} version ${version} does not have the sha256 that its manifest states`);
  }
  return { manifest, onnx };
};

/** The manifest alone: what a model was made for, without the bytes that make it. Throws as `loadModel` does. */
export const loadManifest = async ({ blobs }: Pick<RegistryPorts, "blobs">, name: string, version: number) => {
  const file = await blobs.get(modelFileKey(name, version, "manifest.json"));
  if (!file) throw new AppError("NOT_FOUND", `model ${name} has no version ${version}`);
  return parseManifest(file, name, version);
};

/** Of a version of a metric detector's model. Throws `CORRUPT` on what cannot be read, or belongs elsewhere. */
export const parseManifest = (file: Uint8Array, name: string, version: number): Manifest =>
  inPlace(readManifest(file, `manifest of model ${name} version ${version}`), name, version);

/** The manifest, if it is that of this version. Throws `CORRUPT`. */
export const inPlace = <M extends { name: string; version: number }>(manifest: M, name: string, version: number): M => {
  if (manifest.name === name && manifest.version === version) return manifest;
  throw new AppError("CORRUPT", `the manifest under models/${name}/${version} is that of another model`);
};

const readManifest = (file: Uint8Array, what: string): Manifest => {
  try {
    return Manifest.parse(JSON.parse(new TextDecoder().decode(file)));
  } catch (error) {
    throw new AppError("CORRUPT", `the ${what} cannot be read: ${(error as Error).message}`, { cause: error });
  }
};

/** All numbers that were taken below another one, whatever became of them, newest first. */
export const queryVersions = async (
  table: Table,
  name: string,
  limit: number,
  below = 100_000_000,
): Promise<ModelVersion[]> => {
  const { pk, sk } = modelVersionKey(name, 0);
  const to = modelVersionKey(name, below - 1).sk;
  const items = await table.query({ pk, from: sk, to, order: "descending", limit });
  return items.map((item) => VersionDoc.parse(JSON.parse(item.doc ?? "null")));
};

/** True when written. `expected`: the item's version that must be there. */
const putVersion = async (table: Table, name: string, doc: ModelVersion, expected: "absent" | number) => {
  const isNew = expected === "absent";
  const item = { ...modelVersionKey(name, doc.version), version: isNew ? 1 : expected + 1, doc: JSON.stringify(doc) };
  const condition = isNew ? ({ kind: "absent" } as const) : ({ kind: "version", version: expected } as const);
  const [outcome] = await table.putMany([{ item, condition }]);
  return outcome === "written";
};

/**
 * Makes a version champion and the champion so far `previous`, in this order of writes: `previous` first, so that a crash
 * between them leaves both naming the model that is still live. Throws `CONFLICT` when another promotion came between.
 * @param revision moves of the champion that the decision knows of; absent: whatever they are
 */
export const promote = async (
  ports: RegistryPorts,
  name: string,
  version: number,
  nowMs: number,
  cause: AliasCause,
  revision?: number,
): Promise<void> => {
  const champion = await aliasOf(ports, name, "champion");
  if (champion?.version === version) return;
  if (revision !== undefined && revision !== (champion?.revision ?? 0)) throw movedByOther(name, "champion");
  if (champion) await moveAlias(ports, name, "previous", champion.version, cause, nowMs);
  await moveAlias(ports, name, "champion", version, cause, nowMs, { version: champion?.version });
};

/** The live model of a detector, checked; `undefined` before the first training. */
export const championOf = async (ports: RegistryPorts, name: string): Promise<Model | undefined> => {
  const champion = await aliasOf(ports, name, "champion");
  return champion && loadModel(ports, name, champion.version);
};
