import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { canonicalJson } from "../feature/hash.ts";
import type { DatasetQuery } from "./dataset.ts";

/** sha256 (hex) of the query as canonical JSON, and of the bytes of its rows. */
export const datasetHash = (query: DatasetQuery, parts: readonly Uint8Array[]): string => {
  const hash = sha256.create().update(utf8ToBytes(canonicalJson(query)));
  for (const part of parts) hash.update(part);
  return bytesToHex(hash.digest());
};
