import { AppError } from "@tidewatch/core/errors";
import type { StreamEntry } from "@tidewatch/core/store/ports";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html, with large records off, as by default. */
export const MAX_RECORDS = 500;
export const MAX_CALL_BYTES = 5 * 1024 * 1024;
const MAX_RECORD_BYTES = 1024 * 1024;
const MAX_PARTITION_KEY_LENGTH = 256;
const HASH_KEYS = 2n ** 128n;

/** What an entry counts towards the limits of a record and of a call. */
export const entryBytes = ({ data, partitionKey }: StreamEntry): number =>
  data.length + Buffer.byteLength(partitionKey);

/** @throws AppError VALIDATION, TOO_LARGE; they name the entry by its place in the call */
export const checkEntry = (entry: StreamEntry, index: number): void => {
  const { partitionKey, explicitHashKey } = entry;
  const refuse = (code: "VALIDATION" | "TOO_LARGE", why: string): never => {
    throw new AppError(code, `entry ${index} of the put: ${why}`);
  };
  const { length } = partitionKey;
  if (length < 1 || length > MAX_PARTITION_KEY_LENGTH || !partitionKey.isWellFormed()) {
    refuse("VALIDATION", `a partition key has 1 to ${MAX_PARTITION_KEY_LENGTH} characters of Unicode`);
  }
  if (explicitHashKey !== undefined && !(/^\d{1,39}$/.test(explicitHashKey) && BigInt(explicitHashKey) < HASH_KEYS)) {
    refuse("VALIDATION", "an explicit hash key is a decimal number below 2^128");
  }
  const bytes = entryBytes(entry);
  if (bytes > MAX_RECORD_BYTES) {
    refuse("TOO_LARGE", `it has ${bytes} bytes with its partition key, a record has at most ${MAX_RECORD_BYTES}`);
  }
};
