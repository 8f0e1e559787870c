import type { ApiContext } from "../http/env.ts";
import { httpError } from "../http/problem.ts";

/** Most bytes of an artifact: while it comes in it is in memory. */
const MAX_ARTIFACT_BYTES = 256 * 1024 * 1024;

/** The body as it is sent, counted as it comes: whatever its type, and gzip stays gzip. */
export const artifactBody = async (c: ApiContext): Promise<Uint8Array> => {
  const known = c.get("body");
  if (known) return known;
  const declared = Number(c.req.header("content-length") ?? 0);
  if (declared > MAX_ARTIFACT_BYTES) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of c.req.raw.body ?? []) {
    length += chunk.length;
    if (length > MAX_ARTIFACT_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return joined(chunks);
};

/** @throws TOO_LARGE */
export const joined = (chunks: readonly Uint8Array[]): Uint8Array => {
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  if (length > MAX_ARTIFACT_BYTES) throw tooLarge();
  if (chunks.length === 1) return chunks[0]!;
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
};

const tooLarge = () => httpError("TOO_LARGE", `An artifact has at most ${MAX_ARTIFACT_BYTES} bytes.`);
