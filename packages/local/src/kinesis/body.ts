import type { Readable } from "node:stream";
import { wireError } from "./wire-error.ts";

/** Bytes of requests that may be in memory together, over all connections. */
export type Admission = { enter(bytes: number): boolean; leave(bytes: number): void };

export const admission = (capBytes: number): Admission => {
  let held = 0;
  return {
    enter: (bytes) => {
      if (held + bytes > capBytes) return false;
      held += bytes;
      return true;
    },
    leave: (bytes) => {
      held -= bytes;
    },
  };
};

export type HeldBody = { bytes: Buffer; release(): void };

/**
 * Collects a body, refusing it as soon as it is known to be too large, by its declared or by its real length, and when
 * too much is held already: clients retry that as throttling. The rest of a refused body is read and thrown away, so
 * that the client sees the answer instead of a broken connection.
 */
export const readBody = (
  source: Readable,
  declaredBytes: number,
  maxBytes: number,
  memory: Admission,
): Promise<HeldBody> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let held = 0;
    let settled = false;
    const release = () => {
      memory.leave(held);
      held = 0;
    };
    const refuse = (error: Error) => {
      settled = true;
      chunks.length = 0;
      release();
      reject(error);
    };
    const onData = (chunk: Buffer) => {
      if (settled) return;
      if (held + chunk.length > maxBytes) return refuse(tooLarge(maxBytes));
      if (!memory.enter(chunk.length)) return refuse(throttled());
      held += chunk.length;
      chunks.push(chunk);
    };
    source.on("data", onData);
    if (declaredBytes > maxBytes) refuse(tooLarge(maxBytes));
    source.once("end", () => {
      if (settled) return;
      settled = true;
      resolve({ bytes: Buffer.concat(chunks), release });
    });
    const broken = () => {
      if (!settled) refuse(wireError("InternalFailure", "The connection broke before the body was complete."));
    };
    source.once("error", broken).once("aborted", broken).once("close", broken);
  });

const tooLarge = (maxBytes: number) =>
  wireError("RequestEntityTooLarge", `The body is larger than ${maxBytes} bytes, which no request needs.`);
const throttled = () =>
  wireError("ProvisionedThroughputExceededException", "Rate exceeded: too many bytes are waiting to be stored.");
