import { lookup } from "node:dns";
import { request as httpRequest, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "@tidewatch/core/errors";
import type { Webhook } from "@tidewatch/core/store/ports";
import { isAllowedAddress } from "./allowed-address.ts";

/** A receiver that takes longer is away. */
const TIMEOUT_MS = 10_000;
/** Pauses before the second and the third try; what fails then waits for the next run. */
const RETRY_WAITS_MS = [1000, 4000];

export type WebhookOptions = {
  /** This machine may be reached: where whoever sets webhooks owns it. */
  allowLoopback: boolean;
  timeoutMs?: number;
  retryWaitsMs?: readonly number[];
};

/**
 * Posts JSON to addresses that users give. The address is judged when the connection is made, by what the name means then, so
 * that no name leads into a private network; redirects are not followed, for the same reason.
 */
export const httpWebhook = (options: WebhookOptions): Webhook => {
  const { allowLoopback, timeoutMs = TIMEOUT_MS, retryWaitsMs = RETRY_WAITS_MS } = options;
  return {
    async post(url, body) {
      const payload = Buffer.from(JSON.stringify(body));
      for (let attempt = 0; ; attempt++) {
        const failure = await postOnce(new URL(url), payload, allowLoopback, timeoutMs).catch(asFailure);
        if (!failure) return;
        const waitMs = retryWaitsMs[attempt];
        if (failure.code !== "UNAVAILABLE" || waitMs === undefined) throw failure;
        await sleep(waitMs);
      }
    },
  };
};

const asFailure = (error: unknown): AppError => {
  if (error instanceof AppError) return error;
  const reason = error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : String(error);
  return new AppError("UNAVAILABLE", `the webhook cannot be reached (${reason})`, { cause: error });
};

/** What the receiver did not take, as a failure; nothing when it did. The address is not in it: it may be a secret. */
const postOnce = async (
  url: URL,
  payload: Buffer,
  allowLoopback: boolean,
  timeoutMs: number,
): Promise<AppError | undefined> => {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (isIP(host) !== 0 && !isAllowedAddress(host, allowLoopback)) throw refused();
  const options: RequestOptions = {
    method: "POST",
    headers: { "content-type": "application/json", "content-length": payload.length, "user-agent": "Tidewatch" },
    lookup: guardedLookup(allowLoopback),
    signal: AbortSignal.timeout(timeoutMs),
    agent: false,
  };
  const status = await new Promise<number>((done, fail) => {
    const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(url, options, (response) => {
      response.destroy();
      done(response.statusCode ?? 0);
    });
    request.on("error", fail);
    request.end(payload);
  });
  if (status >= 200 && status < 300) return undefined;
  const passes = status === 408 || status === 429 || status >= 500;
  const why = status >= 300 && status < 400 ? `with a redirect (${status}), which is not followed` : `${status}`;
  return new AppError(passes ? "UNAVAILABLE" : "VALIDATION", `the webhook answered ${why}`);
};

const refused = (): AppError =>
  new AppError("VALIDATION", "the webhook's address lies in a private network, which reports must not reach");

const guardedLookup =
  (allowLoopback: boolean): LookupFunction =>
  (hostname, options, done) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return done(error, "", 0);
      const allowed = addresses.filter(({ address }) => isAllowedAddress(address, allowLoopback));
      const [first] = allowed;
      if (!first || allowed.length < addresses.length) return done(refused(), "", 0);
      if (options.all) return done(null, allowed);
      done(null, first.address, first.family);
    });
  };
