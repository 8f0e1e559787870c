import type { Stats } from "node:fs";
import { type FileHandle, open as openFile, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** How often a followed file is looked at for more. */
const POLL_MS = 250;
const CHUNK_BYTES = 64 * 1024;
const LINE_FEED = 0x0a;

/** What befell the file that is read. */
export type FileChange = "replaced" | "emptied";

type Followed = { handle: FileHandle; inode: string; position: number };

/**
 * What is written to a file, from its beginning until the signal aborts, as `tail -F` shows it: a file that was renamed
 * is read to its end, and the one that took its name after it; one that was emptied from its beginning again. Each new
 * file is opened when it appears, however far the reader is: nothing is lost while it waits. Ends with a whole line, if
 * it can. `onChange` is told when a replaced file was read to its end, and when one was found emptied.
 * @throws the system's error when there is no such file at first
 */
export async function* followFile(
  path: string,
  signal?: AbortSignal,
  onChange: (change: FileChange) => void = () => {},
): AsyncGenerator<Uint8Array> {
  const files = [await openNow(path)];
  const done = new AbortController();
  const ended = signal ? AbortSignal.any([signal, done.signal]) : done.signal;
  const watching = watchName(path, files, ended);
  let isLineOpen = false;
  const told = (chunk: Uint8Array) => {
    isLineOpen = chunk.at(-1) !== LINE_FEED;
    return chunk;
  };
  try {
    while (!(ended.aborted && !isLineOpen)) {
      const file = files[0]!;
      const chunk = await readOn(file);
      if (chunk) yield told(ended.aborted ? upToLineEnd(chunk) : chunk);
      else if (ended.aborted) return;
      else if (await isOver(files)) {
        files.shift();
        await file.handle.close();
        onChange("replaced");
        if (isLineOpen) yield told(Uint8Array.of(LINE_FEED));
      } else if (await wasEmptied(file)) {
        file.position = 0;
        onChange("emptied");
        if (isLineOpen) yield told(Uint8Array.of(LINE_FEED));
      } else await pause(ended);
    }
  } finally {
    done.abort();
    await watching;
    await Promise.all(files.map(({ handle }) => handle.close()));
  }
}

const openNow = async (path: string): Promise<Followed> => {
  const handle = await openFile(path, "r");
  return { handle, inode: inodeOf(await handle.stat()), position: 0 };
};

const inodeOf = ({ dev, ino }: Stats): string => `${dev} ${ino}`;

/** Between two files of a name there may be none; one that may not be read is a failure that its user must see. */
const unlessMissing = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== "ENOENT") throw error;
};

/** Adds each file that gets the name. Between two there may be none: then the last one stays. */
const watchName = async (path: string, files: Followed[], ended: AbortSignal): Promise<void> => {
  let newest = files[0]!.inode;
  while (!ended.aborted) {
    await pause(ended);
    const found = await stat(path).then(inodeOf).catch(unlessMissing);
    if (found === undefined || found === newest || ended.aborted) continue;
    const file = await openNow(path).catch(unlessMissing);
    if (!file) continue;
    newest = file.inode;
    files.push(file);
  }
};

const readOn = async (file: Followed): Promise<Uint8Array | undefined> => {
  const { buffer, bytesRead } = await file.handle.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, file.position);
  file.position += bytesRead;
  return bytesRead > 0 ? buffer.subarray(0, bytesRead) : undefined;
};

/** Its writer may write on for a while after the renaming: it is over once a later file holds something. */
const isOver = async ([, ...later]: Followed[]): Promise<boolean> => {
  const sizes = await Promise.all(later.map(async ({ handle }) => (await handle.stat()).size));
  return sizes.some((size) => size > 0);
};

const wasEmptied = async ({ handle, position }: Followed): Promise<boolean> => (await handle.stat()).size < position;

const upToLineEnd = (chunk: Uint8Array): Uint8Array => {
  const end = chunk.indexOf(LINE_FEED);
  return end < 0 ? chunk : chunk.subarray(0, end + 1);
};

const pause = (ended: AbortSignal) => sleep(POLL_MS, undefined, { signal: ended }).catch(() => undefined);
