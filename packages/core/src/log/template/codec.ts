import {
  type Bytes,
  corrupt,
  getHash,
  getHeader,
  getText,
  getU8,
  getVarint,
  putHash,
  putHeader,
  putText,
  putU8,
  putVarint,
  reader,
  reserve,
  writer,
} from "../../store/binary.ts";
import { emptyStore, putTemplate, type TemplateStore, templatesOf } from "./store.ts";
import { type Template, templateOf } from "./template.ts";

/** "TWLT" read as a little-endian number. */
const MAGIC = 0x544c5754;
const VERSION = 1;
const [SPACE_BEFORE, OTHER_TEXT] = [1, 2];
/** Longest header, varints and flags between two texts. */
const FIXED_BYTES = 32;

/** The store as bytes, about 0.1 to 0.3 KB a template. Equal stores have equal bytes, in whatever order they grew. */
export const encodeStore = (store: TemplateStore): Uint8Array => {
  const templates = [...templatesOf(store)].filter((template) => template !== store.overflow);
  const keyed = templates.map((template) => ({ key: template.tokens.join("\u0002"), template }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : 1));
  const to = writer(1 << 12);
  putHeader(to, MAGIC, VERSION);
  putVarint(to, store.overflow.count);
  putU8(to, store.overflow.isServed ? 1 : 0);
  putVarint(to, templates.length);
  for (const { template } of keyed) putOne(to, template);
  return to.bytes.slice(0, to.at);
};

/** Throws `CORRUPT` on anything that `encodeStore` cannot have written. @param what names the bytes in errors */
export const decodeStore = (bytes: Uint8Array, what: string): TemplateStore => {
  const from = reader(bytes, what);
  getHeader(from, MAGIC, VERSION);
  const store = emptyStore();
  store.overflow.count = getVarint(from);
  store.overflow.isServed = getU8(from) === 1;
  const count = getVarint(from);
  for (let index = 0; index < count; index++) putTemplate(store, getOne(from));
  if (store.size !== count) throw corrupt(what, "two templates overlap");
  if (from.at !== from.end) throw corrupt(what, `${from.end - from.at} bytes are left over`);
  return store;
};

const putOne = (to: Bytes, { tokens, spaces, texts, count, isServed, earlier }: Template): void => {
  reserve(to, FIXED_BYTES + 8 * earlier.length);
  putVarint(to, count);
  putU8(to, isServed ? 1 : 0);
  putVarint(to, earlier.length);
  for (const id of earlier) putHash(to, id);
  putVarint(to, tokens.length);
  for (const [slot, token] of tokens.entries()) {
    const isOther = texts[slot] !== token;
    reserve(to, FIXED_BYTES);
    putU8(to, (spaces[slot] ? SPACE_BEFORE : 0) + (isOther ? OTHER_TEXT : 0));
    putText(to, token);
    if (isOther) putText(to, texts[slot]!);
  }
};

const getOne = (from: Bytes): Template => {
  const count = getVarint(from);
  const isServed = getU8(from) === 1;
  const earlier = Array.from({ length: atMostLeft(from, getVarint(from)) }, () => getHash(from));
  const tokens: string[] = [];
  const spaces: boolean[] = [];
  const texts: string[] = [];
  for (let left = atMostLeft(from, getVarint(from)); left > 0; left--) {
    const flags = getU8(from);
    const token = getText(from);
    tokens.push(token);
    spaces.push((flags & SPACE_BEFORE) !== 0);
    texts.push((flags & OTHER_TEXT) === 0 ? token : getText(from));
  }
  return { ...templateOf({ tokens, spaces, texts }), count, isServed, earlier };
};

/** Each item takes a byte at least: a longer list than there are bytes is not allocated. */
const atMostLeft = (from: Bytes, count: number): number => {
  if (count > from.end - from.at) throw corrupt(from.what, `it ends at byte ${from.end}`);
  return count;
};
