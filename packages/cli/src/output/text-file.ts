import { once } from "node:events";
import { createWriteStream, renameSync, rmSync, statSync } from "node:fs";
import { finished } from "node:stream/promises";

export type TextFile = {
  write(text: string): Promise<void>;
  /** Hands on what is pending; for what trickles in and is read at once. */
  flush(): Promise<void>;
  close(): Promise<void>;
};

/** Text is handed to the stream in pieces of this size: one write per row would be most of the work. */
const BUFFERED_CHARS = 64 * 1024;

/**
 * A file, or standard output for `-`, that is written at the reader's pace. Fails at once when it cannot be opened. A file
 * takes its name when it is closed, so that a run that fails leaves the result of the one before as it was.
 */
export const textFile = async (path: string): Promise<TextFile> => {
  const partPath = isReplaceable(path) ? `${path}.part` : path;
  const stream = path === "-" ? process.stdout : createWriteStream(partPath);
  if (partPath !== path) process.once("exit", () => rmSync(partPath, { force: true }));
  if (stream !== process.stdout) await once(stream, "open");
  // A full disk shows at the next write, and when the file is closed.
  if (stream !== process.stdout) stream.on("error", () => undefined);
  let pending = "";
  const flush = async () => {
    if (stream.errored) throw stream.errored;
    const text = pending;
    pending = "";
    if (!stream.write(text)) await once(stream, "drain");
  };
  return {
    async write(text) {
      pending += text;
      if (pending.length >= BUFFERED_CHARS) await flush();
    },
    flush,
    async close() {
      await flush();
      if (stream === process.stdout) return;
      stream.end();
      await finished(stream);
      if (partPath !== path) renameSync(partPath, path);
    },
  };
};

/** Pipes and devices are written in place. */
const isReplaceable = (path: string): boolean =>
  path !== "-" && (statSync(path, { throwIfNoEntry: false })?.isFile() ?? true);
