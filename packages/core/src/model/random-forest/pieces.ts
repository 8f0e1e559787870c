import { AppError } from "../../errors.ts";
import type { BinnedRows } from "./bins.ts";
import type { GrownTrees } from "./grow.ts";
import type { GrownTree } from "./nodes.ts";

/**
 * Rows and trees as bytes, for forests that several machines grow. A tree has its own random stream, so that trees grown in
 * pieces are those of one machine. Little-endian: magic and version, numbers, then the arrays one after the other.
 */

const ROWS = 0x31_52_57_54; // TWR1
const TREES = 0x31_54_57_54; // TWT1

/** What growing needs: bins and labels, (columns + 1) bytes a row. */
export const encodeRows = ({ columns, count, byColumn, labels }: BinnedRows): Uint8Array =>
  joined([Uint32Array.of(ROWS, columns, count), byColumn, labels.subarray(0, count)]);

/** Without the edges of the bins, which growing does not look at. Throws `CORRUPT`. */
export const decodeRows = (bytes: Uint8Array): BinnedRows => {
  const read = reader(bytes, ROWS);
  const [columns, count] = read(Uint32Array, 2) as unknown as [number, number];
  const byColumn = read(Uint8Array, columns * count);
  const labels = read(Uint8Array, count);
  const byRow = new Uint8Array(columns * count);
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < count; row++) byRow[row * columns + column] = byColumn[column * count + row]!;
  }
  return { columns, count, byColumn, byRow, labels, edges: [] };
};

export const encodeTrees = ({ from, trees, votes, voters }: GrownTrees): Uint8Array =>
  joined([
    Uint32Array.of(TREES, from, votes.length, trees.length),
    votes,
    voters,
    ...trees.flatMap(({ feature, bin, missingLeft, left, right, value, gains }) => [
      Uint32Array.of(feature.length, gains.length),
      ...[feature, bin, missingLeft, left, right, value, gains],
    ]),
  ]);

/** Throws `CORRUPT`. */
export const decodeTrees = (bytes: Uint8Array): GrownTrees => {
  const read = reader(bytes, TREES);
  const [from, rows, count] = read(Uint32Array, 3) as unknown as [number, number, number];
  const [votes, voters] = [read(Float32Array, rows), read(Uint16Array, rows)];
  const trees = Array.from({ length: count }, (): GrownTree => {
    const [nodes, columns] = read(Uint32Array, 2) as unknown as [number, number];
    return {
      feature: read(Int32Array, nodes),
      bin: read(Uint8Array, nodes),
      missingLeft: read(Uint8Array, nodes),
      left: read(Int32Array, nodes),
      right: read(Int32Array, nodes),
      value: read(Float32Array, nodes),
      gains: read(Float64Array, columns),
    };
  });
  return { from, trees, votes, voters };
};

type Numbers = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float32Array | Float64Array;

const joined = (arrays: readonly Numbers[]): Uint8Array => {
  const bytes = new Uint8Array(arrays.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const { buffer, byteOffset, byteLength } of arrays) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  return bytes;
};

type Kind<T> = { new (buffer: ArrayBuffer): T; readonly BYTES_PER_ELEMENT: number };

const reader = (bytes: Uint8Array, magic: number) => {
  let at = 0;
  const read = <T>(kind: Kind<T>, length: number): T => {
    const end = at + length * kind.BYTES_PER_ELEMENT;
    if (end > bytes.length) throw new AppError("CORRUPT", "a piece of a forest ends too early");
    // A copy begins where its numbers may.
    const copy = new Uint8Array(bytes.subarray(at, end)).buffer;
    at = end;
    return new kind(copy);
  };
  const [found] = read(Uint32Array, 1);
  if (found !== magic) throw new AppError("CORRUPT", "this is no piece of a forest");
  return read;
};
