import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AppError } from "@tidewatch/core/errors";
import { decodeSession, encodeSession } from "@tidewatch/core/log/session/codec";
import { joinSessions } from "@tidewatch/core/log/session/join-sessions";
import type { Session } from "@tidewatch/core/log/session/session";

/** Keys are spread over so many parts of the file, of which one at a time is in memory when it is read. */
const PARTS = 256;
const LENGTH_BYTES = 4;

/** Sessions, or parts of them, on disk. The file has no name any more: it goes with the process, however that ends. */
export type SessionFile = {
  fd: number;
  end: number;
  /** Of each part, where its pieces begin and how many bytes they have, in turn. */
  pieces: number[][];
};

export const sessionFile = (): SessionFile => {
  const folder = mkdtempSync(join(tmpdir(), "tidewatch-sessions-"));
  const fd = openSync(join(folder, "sessions"), "wx+", 0o600);
  rmSync(folder, { recursive: true });
  return { fd, end: 0, pieces: Array.from({ length: PARTS }, () => []) };
};

export const closeSessionFile = ({ fd }: SessionFile): void => closeSync(fd);

export const writeSessions = (file: SessionFile, sessions: Iterable<Session>): void => {
  const parts: Uint8Array[][] = Array.from({ length: PARTS }, () => []);
  for (const session of sessions) parts[partOf(session.key)]!.push(encodeSession(session));
  for (const [part, packed] of parts.entries()) {
    if (packed.length === 0) continue;
    const bytes = Buffer.allocUnsafe(packed.reduce((sum, { length }) => sum + LENGTH_BYTES + length, 0));
    let at = 0;
    for (const one of packed) {
      at = bytes.writeUInt32LE(one.length, at);
      bytes.set(one, at);
      at += one.length;
    }
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(file.fd, bytes, done, bytes.length - done, file.end + done);
    }
    file.pieces[part]!.push(file.end, bytes.length);
    file.end += bytes.length;
  }
};

/** All sessions, their parts joined in the order in which they were written; one part of the file is in memory. */
export function* storedSessions({ fd, pieces }: SessionFile): Generator<Session> {
  for (const part of pieces) {
    const sessions = new Map<string, Session>();
    for (let piece = 0; piece < part.length; piece += 2) {
      for (const session of readPiece(fd, part[piece]!, part[piece + 1]!)) {
        const earlier = sessions.get(session.key);
        if (earlier) joinSessions(earlier, session);
        else sessions.set(session.key, session);
      }
    }
    yield* sessions.values();
  }
}

function* readPiece(fd: number, at: number, bytes: number): Generator<Session> {
  const buffer = Buffer.allocUnsafe(bytes);
  for (let done = 0; done < bytes; ) {
    const read = readSync(fd, buffer, done, bytes - done, at + done);
    if (read === 0) throw new AppError("CORRUPT", "The temporary file of sessions is shorter than it was written.");
    done += read;
  }
  for (let next = 0; next < bytes; ) {
    const end = next + LENGTH_BYTES + buffer.readUInt32LE(next);
    yield decodeSession(buffer.subarray(next + LENGTH_BYTES, end), "a session on disk");
    next = end;
  }
}

/** FNV-1a. */
const partOf = (key: string): number => {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % PARTS;
};
