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
  const pieces = collectPieces();
  for await (const chunk of c.req.raw.body ?? []) pieces.add(chunk);
  return pieces.joined();
};

/** Bytes that come piece by piece: no more are held than an artifact may have. `add` throws TOO_LARGE. */
export const collectPieces = () => {
  const pieces: Uint8Array[] = [];
  let length = 0;
  return {
    add(piece: Uint8Array): void {
      length += piece.length;
      if (length > MAX_ARTIFACT_BYTES) throw tooLarge();
      pieces.push(piece);
    },
    joined(): Uint8Array {
      if (pieces.length === 1) return pieces[0]!;
      const all = new Uint8Array(length);
      let at = 0;
      for (const piece of pieces) {
        all.set(piece, at);
        at += piece.length;
      }
      return all;
    },
  };
};

const tooLarge = () => httpError("TOO_LARGE", `An artifact has at most ${MAX_ARTIFACT_BYTES} bytes.`);
