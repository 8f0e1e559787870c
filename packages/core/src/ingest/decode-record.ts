import type { Decoded } from "./decode.ts";
import { decodeEvent } from "./decode.ts";

/** gzip inflated, at most so many bytes; throws beyond them and on what is no gzip. (`node:zlib`'s, at the edge.) */
export type Inflate = (bytes: Uint8Array, maxBytes: number) => Uint8Array;

/** The events of one stream record, each decoded or refused, in order. Never throws. */
export const decodeRecord = (data: Uint8Array, _inflate: Inflate): Decoded[] => [decodeEvent(data)];
