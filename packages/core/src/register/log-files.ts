import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { AppError } from "../errors.ts";
import { LOG_FAMILY } from "../log/detector.ts";
import type { LogModel } from "../log/model.ts";
import { decodeLabelled, encodeLabelled } from "../log/session/labelled-codec.ts";
import { documentOf, sessionModelOf } from "../log/session/model-document.ts";
import { coverage } from "../log/session/signature.ts";
import { decodeStore, encodeStore } from "../log/template/codec.ts";
import { currentIds } from "../log/template/store.ts";
import { LOG_FILES, type LogFile, LogManifest } from "./log-manifest.ts";

/** What was learnt. */
export type LearntLogs = Pick<LogModel, "templates" | "sessions" | "labelled">;
/** What else a version's manifest says. */
export type LogFacts = Pick<
  LogManifest,
  "name" | "version" | "source" | "definition" | "trainedAtMs" | "trainingFromMs" | "trainingToMs" | "labels" | "seed"
> & { unreadableItems?: number };
export type LogFiles = Partial<Record<LogFile, Uint8Array>>;
/** A version as it is stored: a manifest, and the files that it names. */
export type StoredLogModel = { manifest: LogManifest; files: LogFiles };

/** What was learnt as files. The same model and facts give the same bytes. */
export const storedLogModel = (learnt: LearntLogs, facts: LogFacts): StoredLogModel => {
  const { templates, sessions, labelled } = learnt;
  const files = {
    "templates.bin": encodeStore(templates),
    "sessions.json": new TextEncoder().encode(`${JSON.stringify(documentOf(sessions))}\n`),
    ...(labelled && { "forest.bin": encodeLabelled(labelled) }),
  };
  const { signatures } = sessions;
  const manifest: LogManifest = {
    ...{ format: 1, family: LOG_FAMILY, unreadableItems: 0, ...facts, training: signatures.params.training },
    trainingSessions: signatures.sessions,
    decidedBy: labelled ? "labels" : sessions.rules ? "rules" : "signatures",
    metrics: {
      templates: templates.size,
      coverage: coverage(signatures),
      signatures: signatures.signatures.length,
      normalSignatures: signatures.signatures.filter(({ isNormal }) => isNormal).length,
      ...(labelled && { threshold: labelled.threshold }),
    },
    files: {
      "templates.bin": described(files["templates.bin"]),
      "sessions.json": described(files["sessions.json"]),
      ...(files["forest.bin"] && { "forest.bin": described(files["forest.bin"]) }),
    },
  };
  return { manifest, files };
};

const described = (bytes: Uint8Array) => ({ bytes: bytes.length, sha256: bytesToHex(sha256(bytes)) });

/** @throws AppError CORRUPT for what is no manifest of a log model. @param what names it in errors */
export const parseLogManifest = (document: unknown, what: string): LogManifest => {
  const parsed = LogManifest.safeParse(document);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new AppError("CORRUPT", `${what} is no manifest of a log model: ${path.join(".")}: ${message}`);
};

/** The model of a version's files. @throws AppError CORRUPT when they are not what the manifest says, or cannot be read */
export const logModelOf = ({ manifest, files }: StoredLogModel, what: string): LogModel => {
  for (const file of LOG_FILES) {
    const [stated, bytes] = [manifest.files[file], files[file]];
    if (stated?.sha256 === (bytes && bytesToHex(sha256(bytes)))) continue;
    throw new AppError("CORRUPT", `${file} of ${what} does not have the sha256 that its manifest states`);
  }
  const templates = decodeStore(files["templates.bin"]!, `templates.bin of ${what}`);
  const forest = files["forest.bin"];
  return {
    version: manifest.version,
    definition: manifest.definition,
    trainedAtMs: manifest.trainedAtMs,
    trainingSessions: manifest.trainingSessions,
    templates,
    currentId: currentIds(templates),
    sessions: sessionModelOf(parseDocument(files["sessions.json"]!), `sessions.json of ${what}`),
    labelled: forest && decodeLabelled(forest, `forest.bin of ${what}`),
  };
};

/** What is no JSON is no session model either: that is found out next. */
const parseDocument = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
};
