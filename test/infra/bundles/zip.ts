import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { inflateRawSync } from "node:zlib";

export type ZipEntry = { name: string; bytes: Buffer };

const END_OF_DIRECTORY = 0x06_05_4b_50;
const END_LENGTH = 22;
const DIRECTORY_ENTRY_LENGTH = 46;
const LOCAL_HEADER_LENGTH = 30;
const DEFLATED = 8;

/** The files of an archive as SST writes it: no ZIP64, no encryption, no comment. APPNOTE.TXT, section 4.3. */
export const readZip = (zip: Buffer): ZipEntry[] => {
  const end = zip.length - END_LENGTH;
  if (zip.readUInt32LE(end) !== END_OF_DIRECTORY) throw new Error("this is no ZIP file, or one with a comment");
  const entries: ZipEntry[] = [];
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset));
    const name = zip.toString("utf8", at + DIRECTORY_ENTRY_LENGTH, at + DIRECTORY_ENTRY_LENGTH + nameLength!);
    const isDeflated = zip.readUInt16LE(at + 10) === DEFLATED;
    const packed = packedBytes(zip, zip.readUInt32LE(at + 42), zip.readUInt32LE(at + 20));
    entries.push({ name, bytes: isDeflated ? inflateRawSync(packed) : packed });
    at += DIRECTORY_ENTRY_LENGTH + nameLength! + extraLength! + commentLength!;
  }
  return entries.filter((entry) => !entry.name.endsWith("/"));
};

const packedBytes = (zip: Buffer, header: number, length: number): Buffer => {
  const start = header + LOCAL_HEADER_LENGTH + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
  return zip.subarray(start, start + length);
};

export const unpack = (entries: readonly ZipEntry[], folder: string): void => {
  for (const { name, bytes } of entries) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
    chmodSync(path, 0o755);
  }
};
