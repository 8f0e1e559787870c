import { AppError } from "@tidewatch/core/errors";
import { apiKeyRateKey } from "@tidewatch/core/store/keys";
import type { Clock, Table } from "@tidewatch/core/store/ports";

/** A rate is per minute of the clock, the same minute on every server. */
export const RATE_WINDOW_MS = 60_000;
/** Items outlive their window by this, so that a server whose clock lags does not find an empty window. */
const KEPT_AFTER_MS = 5 * 60_000;
/** A server never sets aside more than this share of the limit at once: what it does not use is lost to the others. */
const LARGEST_BLOCK = 1 / 8;
/** Other servers that set aside in between; one of them gets on each time, so all do in the end. */
const MAX_ATTEMPTS = 50;

/** `remaining`: what this server knows to be left for the key, those of other servers' blocks not included. */
export type Allowance = { isAllowed: boolean; limit: number; remaining: number; resetSeconds: number };

type Window = {
  startMs: number;
  /** Requests that this server may still let through. */
  left: number;
  /** Requests that all servers have set aside, as far as this one knows. */
  reserved: number;
  block: number;
  waiting: number;
  refill: Promise<void> | undefined;
};

/**
 * Counts requests of a key over all servers with few writes: each server sets aside blocks of the window's requests in
 * one table item, by conditional put, and hands them out from memory. Blocks start at one request and double, so a busy
 * server writes seldom and an idle one wastes little. In no window do more than `limit` requests pass, exactly.
 */
export const rateLimiter = ({ table, clock }: { table: Table; clock: Clock }) => {
  const windows = new Map<string, Window>();
  // Sets this server's items apart: of two equal ones a table may take one for a repeat of the other, and both for written.
  const doc = JSON.stringify({ server: crypto.randomUUID() });
  const windowOf = (id: string): Window => {
    const startMs = Math.floor(clock() / RATE_WINDOW_MS) * RATE_WINDOW_MS;
    const known = windows.get(id);
    if (known?.startMs === startMs) return known;
    const fresh = { startMs, left: 0, reserved: 0, block: 1, waiting: 0, refill: undefined };
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
      window.refill ??= reserve(table, id, limit, doc, window).finally(() => {
        window.refill = undefined;
        window.waiting = 0;
      });
      await window.refill;
    }
  };
};

/** Sets aside a block, or learns that all is taken. @throws AppError UNAVAILABLE */
const reserve = async (table: Table, id: string, limit: number, doc: string, window: Window): Promise<void> => {
  const key = apiKeyRateKey(id, window.startMs);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const [item] = await table.getMany([key]);
    window.reserved = item?.version ?? 0;
    const wanted = Math.max(window.block, window.waiting);
    const block = Math.min(wanted, limit - window.reserved);
    if (block <= 0) return;
    const next = { ...key, version: window.reserved + block, doc, expiresAtMs: window.startMs + KEPT_AFTER_MS };
    const condition = item ? ({ kind: "version", version: item.version } as const) : ({ kind: "absent" } as const);
    const [outcome] = await table.putMany([{ item: next, condition }]);
    if (outcome === "written") {
      window.reserved += block;
      window.left += block;
      window.block = Math.max(1, Math.min(window.block * 2, Math.floor(limit * LARGEST_BLOCK)));
      return;
    }
  }
  throw new AppError("UNAVAILABLE", "Too many servers count this key's requests at once; try again.");
};
