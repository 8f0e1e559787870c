import type { Blobs } from "@tidewatch/core/store/ports";

/** Objects in memory, for tests of what is written and not of how. `objects` is there to be looked at. */
export const memoryBlobs = (): Blobs & { objects: Map<string, Uint8Array> } => {
  const objects = new Map<string, Uint8Array>();
  let writes = 0;
  const versions = new Map<string, number>();
  const write = (key: string, bytes: Uint8Array): void => {
    objects.set(key, bytes.slice());
    versions.set(key, ++writes);
  };
  const inByteOrder = () =>
    [...objects.keys()].sort((a, b) => Buffer.compare(Buffer.from(a, "utf8"), Buffer.from(b, "utf8")));
  const list: Blobs["list"] = async (prefix, { after, limit } = {}) => {
    const keys = inByteOrder().filter((key) => key.startsWith(prefix));
    const from =
      after === undefined ? 0 : keys.findIndex((key) => Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0);
    return from === -1 ? [] : keys.slice(from, limit === undefined ? undefined : from + limit);
  };
  return {
    objects,
    get: async (key) => objects.get(key),
    async put(key, bytes) {
      write(key, bytes);
    },
    async putIfAbsent(key, bytes) {
      if (objects.has(key)) return false;
      write(key, bytes);
      return true;
    },
    list,
    entries: async (prefix, options) =>
      (await list(prefix, options)).map((key) => ({ key, version: String(versions.get(key)) })),
    async remove(keys) {
      for (const key of keys) objects.delete(key);
    },
  };
};
