import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { AnyDetector } from "../any-detector.ts";
import { type Detector, featureNames, shingleSizeOf } from "../detector.ts";

/** Hex digits of a short hash: 64 bits tell apart all configurations and incidents that one table ever holds. */
const SHORT_HASH_DIGITS = 16;

/** First 16 hex digits of the sha256 of the text's UTF-8, and of bytes after it. */
export const shortHash = (text: string, bytes: Uint8Array = NO_BYTES): string =>
  bytesToHex(sha256.create().update(utf8ToBytes(text)).update(bytes).digest()).slice(0, SHORT_HASH_DIGITS);
const NO_BYTES = new Uint8Array(0);

/** JSON with sorted keys and without `undefined`: equal documents give equal text, whoever wrote them. */
export const canonicalJson = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(",")}}`;
};

/** Names a configuration in results, so that each can be explained by the document that was in force. */
export const configHash = (detector: AnyDetector): string => shortHash(canonicalJson(detector));

/**
 * Hash of what decides which rows a series has: rows of one hash can train any model. Rules, sensitivity and model
 * parameters are not part of it: they judge rows, they make none.
 */
export const rowsHash = (detector: Detector): string => {
  const names = featureNames(detector);
  const features = detector.features.map(({ metric, aggregate }, index) => ({ name: names[index], metric, aggregate }));
  const { match, intervalSeconds, latenessSeconds, missing } = detector;
  return shortHash(canonicalJson({ match, features, intervalSeconds, latenessSeconds, missing }));
};

/**
 * Hash of what decides which vectors a series has: its rows, and how many of them make one. A window of another hash starts
 * afresh, and a model trained under another hash does not fit.
 */
export const featureHash = (detector: Detector): string =>
  shortHash(canonicalJson({ rows: rowsHash(detector), shingleSize: shingleSizeOf(detector) }));
