import { AppError } from "@tidewatch/core/errors";
import { apiKeyRateKey } from "@tidewatch/core/store/keys";
import type { Clock, Table } from "@tidewatch/core/store/ports";

/** A rate is per minute of the clock, the same minute on every server. */
export const RATE_WINDOW_MS = 60_000;
/** Items outlive their window by this, so that a server whose clock lags does not find an empty window. */
const KEPT_AFTER_MS = 5 * 60_000;
/** A server never sets aside more than this share of the limit at once: what it does not use is lost to the others. */
const LARGEST_BLOCK = 1 / 8;
/**
 * A server begins with this share of the limit: all servers meet at each full minute, and who begins with one request meets
 * them again at once. When there are many of them, it begins with the second share, of what is left, so that all get some.
 */
const FIRST_BLOCK = 1 / 128;
const FIRST_BLOCK_OF_REST = 1 / 64;
/** Other servers that set aside in between; one of them gets on each time, so all do in the end. */
const MAX_ATTEMPTS = 20;
/** Pauses after a lost attempt, at most: they double from the first to the longest. At most 15 s together, half of it on average. */
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1000;

/** `remaining`: what this server knows to be left for the key, those of other servers' blocks not included. */
export type Allowance = { isAllowed: boolean; limit: number; remaining: number; resetSeconds: number };

type Ports = {
  table: Table;
  clock: Clock;
  /** In [0, 1). */
  random: () => number;
  sleep: (ms: number) => Promise<unknown>;
};

type Window = {
  startMs: number;
  /** Requests that this server may still let through. */
  left: number;
  /** Requests that all servers have set aside, as far as this one knows. */
  reserved: number;
  /** The next one's size; 0 before the first. */
  block: number;
  waiting: number;
  refill: Promise<void> | undefined;
};

/**
 * Counts requests of a key over all servers with few writes: each server sets aside blocks of the window's requests in
 * one table item, by conditional put, and hands them out from memory. Blocks start small and double, so a busy server
 * writes seldom and an idle one wastes little. In no window do more than `limit` requests pass, exactly.
 */
export const rateLimiter = (ports: Ports) => {
  const { clock } = ports;
  const windows = new Map<string, Window>();
  // Sets this server's items apart: of two equal ones a table may take one for a repeat of the other, and both for written.
  const doc = JSON.stringify({ server: crypto.randomUUID() });
  const windowOf = (id: string): Window => {
    const startMs = Math.floor(clock() / RATE_WINDOW_MS) * RATE_WINDOW_MS;
    const known = windows.get(id);
    if (known?.startMs === startMs) return known;
    const fresh = { startMs, left: 0, reserved: 0, block: 0, waiting: 0, refill: undefined };
    windows.set(id, fresh);
    return fresh;
  };

  return async (id: string, limit: number): Promise<Allowance> => {
    for (;;) {
      const window = windowOf(id);
      const resetSeconds = Math.max(1, Math.ceil((window.startMs + RATE_WINDOW_MS - clock()) / 1000));
      if (window.left > 0) {
        window.left -= 1;
        return { isAllowed: true, limit, remaining: limit - window.reserved + window.left, resetSeconds };
      }
      if (window.reserved >= limit) return { isAllowed: false, limit, remaining: 0, resetSeconds };
      window.waiting += 1;
      window.refill ??= reserve(ports, id, limit, doc, window).finally(() => {
        window.refill = undefined;
        window.waiting = 0;
      });
      await window.refill;
    }
  };
};

const shareOf = (limit: number, share: number): number => Math.max(1, Math.floor(limit * share));

/** Sets aside a block, or learns that all is taken. @throws AppError UNAVAILABLE */
const reserve = async (
  { table, random, sleep }: Ports,
  id: string,
  limit: number,
  doc: string,
  window: Window,
): Promise<void> => {
  const key = apiKeyRateKey(id, window.startMs);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const [item] = await table.getMany([key]);
    window.reserved = item?.version ?? 0;
    const rest = limit - window.reserved;
    if (rest <= 0) return;
    const usual = window.block || Math.min(shareOf(limit, FIRST_BLOCK), shareOf(rest, FIRST_BLOCK_OF_REST));
    const block = Math.min(Math.max(usual, window.waiting), rest);
    const next = { ...key, version: window.reserved + block, doc, expiresAtMs: window.startMs + KEPT_AFTER_MS };
    const condition = item ? ({ kind: "version", version: item.version } as const) : ({ kind: "absent" } as const);
    const [outcome] = await table.putMany([{ item: next, condition }]);
    if (outcome === "written") {
      window.reserved += block;
      window.left += block;
      window.block = Math.min(usual * 2, shareOf(limit, LARGEST_BLOCK));
      return;
    }
    // Full jitter, so that those that met do not meet again.
    await sleep(random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt));
  }
  throw new AppError("UNAVAILABLE", "Too many servers count this key's requests at once; try again.");
};
