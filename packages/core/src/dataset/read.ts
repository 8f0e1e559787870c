import { z } from "zod";
import { featureNames } from "../detector.ts";
import { AppError } from "../errors.ts";
import { corrupt } from "../store/binary.ts";
import { datasetKey } from "../store/keys.ts";
import type { Blobs, Item, Table } from "../store/ports.ts";
import { decodeDataset, PART_BYTES } from "./codec.ts";
import { DatasetInfo, DatasetQuery, type Datasets } from "./dataset.ts";
import { datasetHash } from "./hash.ts";

const folderOf = (hash: string): string => `datasets/${hash}`;
export const datasetInfoKey = (hash: string): string => `${folderOf(hash)}/info.json`;
export const datasetPartKey = (hash: string, index: number): string =>
  `${folderOf(hash)}/rows-${String(index).padStart(4, "0")}.bin`;

const InfoFile = z.strictObject({ info: DatasetInfo, query: DatasetQuery });

/** What a dataset is and what was asked for; `undefined` when there is none. @throws AppError CORRUPT */
export const findDataset = async (blobs: Blobs, hash: string): Promise<z.output<typeof InfoFile> | undefined> => {
  const bytes = await blobs.get(datasetInfoKey(hash));
  if (!bytes) return undefined;
  const parsed = InfoFile.safeParse(jsonOf(bytes));
  if (!parsed.success || parsed.data.info.hash !== hash) throw corrupt(what(hash), "its info.json cannot be read");
  return parsed.data;
};

/** `Datasets.read` over any objects: each byte is checked against the hash. */
export const datasetReader =
  (blobs: Blobs): Datasets["read"] =>
  async (hash) => {
    const found = await findDataset(blobs, hash);
    if (!found) throw new AppError("NOT_FOUND", `there is no ${what(hash)}`);
    const { info, query } = found;
    const bytes = new Uint8Array(info.bytes);
    const parts = Array.from({ length: Math.ceil(info.bytes / PART_BYTES) }, (_, index) =>
      bytes.subarray(index * PART_BYTES, Math.min(info.bytes, (index + 1) * PART_BYTES)),
    );
    for (const [index, part] of parts.entries()) {
      const stored = await blobs.get(datasetPartKey(hash, index));
      if (stored?.length !== part.length) throw corrupt(what(hash), `part ${index} is missing or of another length`);
      part.set(stored);
    }
    if (datasetHash(query, parts) !== hash) throw corrupt(what(hash), "its bytes are not those of its hash");
    return { info, query, series: decodeDataset(bytes, featureNames(query.detector).length, what(hash)) };
  };

/** Datasets in the order of their hashes, behind `after`. */
export const listDatasets = async (
  table: Table,
  { after = "", limit }: { after?: string | undefined; limit: number },
): Promise<DatasetInfo[]> => {
  const items = await table.query({ pk: datasetKey("").pk, from: after === "" ? "" : `${after}\u0000`, limit });
  return items.map(infoOf);
};

const infoOf = ({ sk, doc }: Item): DatasetInfo => {
  const parsed = DatasetInfo.safeParse(JSON.parse(doc ?? "null"));
  if (!parsed.success) throw corrupt(what(sk), "its item cannot be read");
  return parsed.data;
};

const what = (hash: string): string => `dataset ${hash}`;
const jsonOf = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
};
