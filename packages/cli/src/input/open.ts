import { createReadStream } from "node:fs";
import { open as openFile } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import { AppError } from "@tidewatch/core/errors";
import { type FileChange, followFile } from "./follow.ts";

const GZIP_MAGIC = [0x1f, 0x8b];
const CHUNK_BYTES = 64 * 1024;

export type Bytes = AsyncIterable<Uint8Array>;
export type OpenOptions = {
  /** Goes on when the end is reached, until the signal aborts, as `tail -F` does. */
  follow?: boolean;
  signal?: AbortSignal;
  /** Told what befell the file that is followed. */
  onChange?: (change: FileChange) => void;
};

/** Bytes of a file, or of standard input for `-`; gzip is recognised by its first two bytes and inflated. */
export const openBytes = async (path: string, options: OpenOptions = {}): Promise<Bytes> => {
  const source = await openSource(path, options);
  return inflate(path, source);
};

const openSource = async (path: string, { follow = false, signal, onChange }: OpenOptions): Promise<Bytes> => {
  if (path === "-") return stopping(process.stdin, signal);
  if (follow) return followFile(path, signal, onChange);
  const handle = await openFile(path, "r");
  if ((await handle.stat()).isDirectory()) {
    await handle.close();
    throw new AppError("VALIDATION", `${path} is a folder; name a file.`);
  }
  return createReadStream(path, { fd: handle, highWaterMark: CHUNK_BYTES });
};

/** Standard input has no end of its own when somebody types; the signal ends it. */
async function* stopping(input: NodeJS.ReadStream, signal: AbortSignal | undefined): Bytes {
  signal?.addEventListener("abort", () => input.destroy(), { once: true });
  try {
    yield* input as AsyncIterable<Uint8Array>;
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}

async function* inflate(path: string, source: Bytes): Bytes {
  const iterator = source[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done) return;
  const rest = { [Symbol.asyncIterator]: () => iterator };
  const isGzip = GZIP_MAGIC.every((byte, at) => first.value[at] === byte);
  const all = prepend(first.value, rest);
  if (!isGzip) return yield* all;
  try {
    yield* gunzip(all);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "";
    if (!code.startsWith("Z_")) throw cause;
    throw new AppError("CORRUPT", `${path} is not a whole gzip file (${code}); fetch or compress it again.`, { cause });
  }
}

async function* prepend(first: Uint8Array, rest: Bytes): Bytes {
  yield first;
  yield* rest;
}

async function* gunzip(source: Bytes): Bytes {
  const stream = createGunzip({ chunkSize: CHUNK_BYTES });
  const pump = (async () => {
    for await (const chunk of source) {
      if (!stream.write(chunk)) await new Promise((drained) => stream.once("drain", drained));
    }
    stream.end();
  })().catch((error: Error) => stream.destroy(error));
  yield* stream as AsyncIterable<Uint8Array>;
  await pump;
}
