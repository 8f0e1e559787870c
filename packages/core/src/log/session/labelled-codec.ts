import type { TreeEnsemble } from "../../model/trees/ensemble.ts";
import {
  type Bytes,
  corrupt,
  getDoubles,
  getF32,
  getF64,
  getHash,
  getHeader,
  getU8,
  getVarint,
  putDoubles,
  putF32,
  putF64,
  putHash,
  putHeader,
  putU8,
  putVarint,
  reader,
  writer,
  written,
} from "../../store/binary.ts";
import type { LabelledSessionModel } from "./labelled.ts";

/** "TWLF" read as a little-endian number. */
const MAGIC = 0x464c5754;
const VERSION = 1;
/** More than a header with its numbers, a template with its importance and lists, a root, or a node takes. */
const [HEADER_BYTES, COLUMN_BYTES, ROOT_BYTES, NODE_BYTES] = [64, 40, 8, 32];

/** The model as bytes, 6 a leaf and about 10 a split; exact, and the same for the same model. */
export const encodeLabelled = (model: LabelledSessionModel): Uint8Array => {
  const { vocabulary, forest, importance, threshold, together, onlyAnomalous } = model;
  const { roots, feature } = forest;
  const columnBytes = (vocabulary.length + 1) * COLUMN_BYTES;
  const to = writer(HEADER_BYTES + columnBytes + roots.length * ROOT_BYTES + feature.length * NODE_BYTES);
  putHeader(to, MAGIC, VERSION);
  putF64(to, threshold);
  putVarint(to, vocabulary.length);
  for (const id of vocabulary) putHash(to, id);
  putDoubles(to, importance);
  const place = new Map(vocabulary.map((id, column) => [id, column]));
  putVarint(to, together.length);
  for (const ids of [...together, onlyAnomalous]) {
    putVarint(to, ids.length);
    for (const id of ids) putVarint(to, place.get(id)!);
  }
  putVarint(to, roots.length);
  for (const root of roots) putVarint(to, root);
  putVarint(to, feature.length);
  for (let node = 0; node < feature.length; node++) putNode(to, forest, node);
  return written(to);
};

/** 0 stands for a leaf, which has a value only; children stand behind their parent, and are counted from it. */
const putNode = (to: Bytes, forest: TreeEnsemble, node: number): void => {
  putVarint(to, forest.feature[node]! + 1);
  putF32(to, forest.value[node]!);
  if (forest.feature[node]! < 0) return;
  putF32(to, forest.threshold[node]!);
  putU8(to, forest.missingLeft[node]!);
  putVarint(to, forest.left[node]! - node);
  putVarint(to, forest.right[node]! - node);
};

/** Throws `CORRUPT` on anything that `encodeLabelled` cannot have written. @param what names the bytes in errors */
export const decodeLabelled = (bytes: Uint8Array, what: string): LabelledSessionModel => {
  const from = reader(bytes, what);
  getHeader(from, MAGIC, VERSION);
  const threshold = getF64(from);
  if (!(threshold > 0 && threshold < 1)) throw corrupt(what, `${threshold} is no threshold`);
  const vocabulary = Array.from({ length: atMostLeft(from, getVarint(from)) }, () => getHash(from));
  const importance = getDoubles(from, vocabulary.length + 1);
  const listed = () => Array.from({ length: atMostLeft(from, getVarint(from)) }, () => columnOf(from, vocabulary));
  const together = Array.from({ length: atMostLeft(from, getVarint(from)) }, listed);
  const onlyAnomalous = listed();
  const roots = Int32Array.from({ length: atMostLeft(from, getVarint(from)) }, () => getVarint(from));
  const forest = { columns: vocabulary.length + 1, roots, ...emptyNodes(atMostLeft(from, getVarint(from))) };
  const nodes = forest.feature.length;
  if (roots.some((root) => root >= nodes)) throw corrupt(what, "a tree has no root");
  for (let node = 0; node < nodes; node++) getNode(from, forest, node);
  if (from.at !== from.end) throw corrupt(what, `${from.end - from.at} bytes are left over`);
  return { vocabulary, forest, importance, threshold, together, onlyAnomalous };
};

const columnOf = (from: Bytes, vocabulary: readonly string[]): string => {
  const column = getVarint(from);
  const id = vocabulary[column];
  if (id === undefined) throw corrupt(from.what, `it has no column ${column}`);
  return id;
};

const emptyNodes = (count: number) => ({
  feature: new Int32Array(count),
  threshold: new Float32Array(count),
  missingLeft: new Uint8Array(count),
  left: new Int32Array(count),
  right: new Int32Array(count),
  value: new Float32Array(count),
});

const getNode = (from: Bytes, forest: TreeEnsemble, node: number): void => {
  const feature = getVarint(from) - 1;
  if (feature >= forest.columns) throw corrupt(from.what, `it has no column ${feature}`);
  forest.feature[node] = feature;
  forest.value[node] = getF32(from);
  if (feature < 0) return;
  forest.threshold[node] = getF32(from);
  forest.missingLeft[node] = getU8(from);
  forest.left[node] = child(from, node, forest.feature.length);
  forest.right[node] = child(from, node, forest.feature.length);
};

/** Behind its parent: whoever walks down a tree comes to an end. */
const child = (from: Bytes, node: number, nodes: number): number => {
  const steps = getVarint(from);
  if (steps === 0 || node + steps >= nodes) throw corrupt(from.what, `node ${node} has no such child`);
  return node + steps;
};

/** Each item takes a byte at least: a longer list than there are bytes is not allocated. */
const atMostLeft = (from: Bytes, count: number): number => {
  if (count > from.end - from.at) throw corrupt(from.what, `it ends at byte ${from.end}`);
  return count;
};
