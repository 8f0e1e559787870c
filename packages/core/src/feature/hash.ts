import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { type Detector, featureNames, shingleSizeOf } from "../detector.ts";

/** Hex digits of a short hash: 64 bits tell apart all configurations and incidents that one table ever holds. */
const SHORT_HASH_DIGITS = 16;

/** First 16 hex digits of the sha256 of the text's UTF-8. */
export const shortHash = (text: string): string => bytesToHex(sha256(utf8ToBytes(text))).slice(0, SHORT_HASH_DIGITS);

/** JSON with sorted keys and without `undefined`: equal documents give equal text, whoever wrote them. */
export const canonicalJson = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(",")}}`;
};

/** Names a configuration in results, so that each can be explained by the document that was in force. */
export const configHash = (detector: Detector): string => shortHash(canonicalJson(detector));

/**
 * Hash of what decides which rows a series has. A series of another hash starts afresh, and a model trained under
 * another hash does not fit. Rules, sensitivity and model parameters are not part of it: they judge rows, they make none.
 */
export const featureHash = (detector: Detector): string => {
  const names = featureNames(detector);
  const features = detector.features.map(({ metric, aggregate }, index) => ({ name: names[index], metric, aggregate }));
  const { match, intervalSeconds, latenessSeconds, missing } = detector;
  const shingleSize = shingleSizeOf(detector);
  return shortHash(canonicalJson({ match, features, intervalSeconds, latenessSeconds, missing, shingleSize }));
};
