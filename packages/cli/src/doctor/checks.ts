import { statfs } from "node:fs/promises";
import { createServer } from "node:net";
import os from "node:os";
import { resolve } from "node:path";
import { checkDataFolder, checkSqlite } from "./data-folder.ts";
import { checkModel } from "./model.ts";

export type CheckContext = { directory: string; port: number };
/** `next`: what to do about it. */
export type Outcome = { state: "ok" | "warn" | "fail"; text: string; next?: string };
export type Finding = Outcome & { name: string; milliseconds: number };
export type Check = { name: string; check: (context: CheckContext) => Promise<Outcome> };

/** TypeScript files run as they are from 22.18 on; Lambda runs 24. */
const OLDEST_NODE = [22, 18] as const;

const checkNode = async (): Promise<Outcome> => {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const isNewEnough = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  if (isNewEnough)
    return { state: "ok", text: `version ${process.versions.node} on ${process.platform} ${process.arch}` };
  return {
    state: "fail",
    text: `version ${process.versions.node} is too old`,
    next: "Run `npm run setup`, which brings Node 24.",
  };
};

/** A day of 1,000 events per second takes about this much. */
const WANTED_FREE_GB = 10;
const NEEDED_FREE_GB = 1;
const GB = 1e9;

const checkDisk = async ({ directory }: CheckContext): Promise<Outcome> => {
  const existing = await nearestFolder(resolve(directory));
  const { bavail, bsize } = await statfs(existing);
  const freeGb = (bavail * bsize) / GB;
  const text = `${freeGb.toFixed(1)} GB free at ${existing}`;
  const next = "Free some space, or choose another data folder with --directory.";
  if (freeGb < NEEDED_FREE_GB) return { state: "fail", text, next };
  return freeGb < WANTED_FREE_GB ? { state: "warn", text, next } : { state: "ok", text };
};

const nearestFolder = async (path: string): Promise<string> => {
  const found = await statfs(path).then(
    () => true,
    () => false,
  );
  return found ? path : nearestFolder(resolve(path, ".."));
};

const WANTED_MEMORY_GB = 1;

const checkMemory = async (): Promise<Outcome> => {
  const freeGb = os.availableParallelism() > 0 ? process.availableMemory() / GB : 0;
  const text = `${freeGb.toFixed(1)} GB available, ${os.availableParallelism()} processors`;
  if (freeGb >= WANTED_MEMORY_GB) return { state: "ok", text };
  return { state: "warn", text, next: "Close other programs: the pipeline takes about half a gigabyte under load." };
};

const checkPort = async ({ port }: CheckContext): Promise<Outcome> => {
  const error = await tryPort(port);
  if (!error) return { state: "ok", text: `127.0.0.1:${port} is free` };
  if (error.code !== "EADDRINUSE") {
    return {
      state: "fail",
      text: `127.0.0.1:${port} cannot be used (${error.code})`,
      next: "Choose a port above 1023.",
    };
  }
  const isOurs = await answersAsTidewatch(port);
  if (isOurs) return { state: "ok", text: `127.0.0.1:${port} is served by a Tidewatch that runs` };
  return {
    state: "warn",
    text: `127.0.0.1:${port} is taken by another program`,
    next: "Start with another one: --port 3001.",
  };
};

const tryPort = (port: number): Promise<NodeJS.ErrnoException | undefined> =>
  new Promise((done) => {
    const server = createServer();
    server.once("error", done);
    server.listen(port, "127.0.0.1", () => server.close(() => done(undefined)));
  });

const answersAsTidewatch = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(2000) }).then(
    (response) => response.ok && (response.headers.get("content-type")?.includes("json") ?? false),
    () => false,
  );

/** Events outside 1990–2100 are refused, so a machine whose clock is off produces nothing but rejects. */
const EARLIEST_YEAR = 2025;
const LATEST_YEAR = 2099;

const checkClock = async (): Promise<Outcome> => {
  const now = new Date();
  const year = now.getUTCFullYear();
  const text = now.toISOString();
  if (year >= EARLIEST_YEAR && year <= LATEST_YEAR) return { state: "ok", text };
  return { state: "fail", text: `${text} cannot be right`, next: "Set the clock: results carry its time." };
};

export const CHECKS: readonly Check[] = [
  { name: "node", check: checkNode },
  { name: "model", check: checkModel },
  { name: "sqlite", check: checkSqlite },
  { name: "data folder", check: checkDataFolder },
  { name: "disk", check: checkDisk },
  { name: "memory", check: checkMemory },
  { name: "port", check: checkPort },
  { name: "clock", check: checkClock },
];
