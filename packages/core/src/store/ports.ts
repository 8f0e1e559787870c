/** What the core needs from the world. Each has one contract suite (`test/contract`) that runs on every adapter. */

export type Clock = () => number;

// --- stream

export type StreamEntry = { partitionKey: string; data: Uint8Array; explicitHashKey?: string };
export type StreamReceipt = { shardId: string; sequenceNumber: string };
/**
 * Appends in order; when it returns, every entry is durable. When it throws, none is but those whose receipts are in the
 * failure (`storedBy`): who puts the others again puts each once. One whose answer was lost may be there all the same.
 */
export type EventStream = { putMany(entries: readonly StreamEntry[]): Promise<StreamReceipt[]> };

/** A record as a consumer gets it. Sequence numbers are decimal and grow within a shard. */
export type StreamRecord = {
  shardId: string;
  sequenceNumber: string;
  partitionKey: string;
  data: Uint8Array;
  arrivalMs: number;
};

// --- table

export type ItemKey = { pk: string; sk: string };
/** `version` is the writer's to choose; a conditional put compares it. `doc` is JSON text, `bytes` a packed form. */
export type Item = ItemKey & { version: number; doc?: string; bytes?: Uint8Array; expiresAtMs?: number };
/** `absent`: no live item has the key. `version`: the live item has that version. `any`: whatever is there. */
export type PutCondition = { kind: "any" } | { kind: "absent" } | { kind: "version"; version: number };
export type Put = { item: Item; condition: PutCondition };
export type PutOutcome = "written" | "conflict";
export type RangeQuery = {
  pk: string;
  /** Inclusive bounds of `sk`, in UTF-8 byte order. */
  from?: string;
  to?: string;
  order?: "ascending" | "descending";
  limit: number;
};
/**
 * Get, conditional put, range query: nothing else. Expired items are absent for all three, whether or not they are
 * swept yet; to delete is to put with `expiresAtMs` in the past. Each put stands alone: `putMany` is no transaction,
 * and puts of the same key in one call apply in order.
 */
export type Table = {
  /** Items in the order of the keys; `undefined` where there is none. */
  getMany(keys: readonly ItemKey[]): Promise<(Item | undefined)[]>;
  putMany(puts: readonly Put[]): Promise<PutOutcome[]>;
  query(query: RangeQuery): Promise<Item[]>;
};

/** One change of an item, in order per key. `before` and `after` are images; `after` is absent for an expiry. */
export type TableChange = { cursor: string; before?: Item; after?: Item };
export type ChangeFeed = { read(afterCursor: string | undefined, limit: number): Promise<TableChange[]> };

// --- objects

export type Blobs = {
  get(key: string): Promise<Uint8Array | undefined>;
  /** Replaces atomically: a reader sees the old or the new bytes, a crash leaves one of them. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** False when the key is taken. */
  putIfAbsent(key: string, bytes: Uint8Array): Promise<boolean>;
  /** Keys with the prefix, in UTF-8 byte order, after `after`. */
  list(prefix: string, options?: ListOptions): Promise<string[]>;
  /** The same, with a version of each: another one as soon as an object was replaced by other bytes. */
  entries(prefix: string, options?: ListOptions): Promise<BlobEntry[]>;
  /** Keys that are not there are none to complain of. */
  remove(keys: readonly string[]): Promise<void>;
};
type ListOptions = { after?: string; limit?: number };
export type BlobEntry = { key: string; version: string };

// --- bus

/** `type` is past tense: `model.registered`. `id` lets a subscriber drop a repeat. */
export type BusEvent = { id: string; type: string; timeMs: number; detail: Record<string, unknown> };
export type Bus = { publish(events: readonly BusEvent[]): Promise<void> };

// --- models

/** A model in memory. `rows` is row-major float32, `rowCount` × `columns`. */
export type LoadedModel = {
  columns: number;
  /** Names of what it gives: `scores`, or the name of its only output, first. */
  outputs: readonly string[];
  /** One raw score per row: the first output. */
  run(rows: Float32Array, rowCount: number): Promise<Float32Array>;
  /** The named outputs of one run, row-major. */
  runFor(outputs: readonly string[], rows: Float32Array, rowCount: number): Promise<Float32Array[]>;
};
export type ModelRuntime = { load(onnx: Uint8Array): Promise<LoadedModel> };

// --- messages

/** `id` makes the Message-ID: a message that is sent again is recognised as the same. */
export type Mail = { id: string; to: readonly string[]; subject: string; text: string; html: string };
/** When it returns, somebody else is answerable for the message. @throws AppError UNAVAILABLE, VALIDATION */
export type Mailer = { send(mail: Mail): Promise<void> };
/** Posts JSON to an address that a user has given. @throws AppError UNAVAILABLE, VALIDATION for one that must not be reached */
export type Webhook = { post(url: string, body: unknown): Promise<void> };
