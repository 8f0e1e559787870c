import type { Backoff } from "@tidewatch/functions/aws/backoff";

/** Waits for nothing, and gives up soon. */
export const IMPATIENT: Backoff = { random: () => 0, sleep: async () => {}, attempts: 3 };

/** For clients without the SDK's own retries: each failure is met at once. */
export const ONE_TRY = { AWS_MAX_ATTEMPTS: "1" };
