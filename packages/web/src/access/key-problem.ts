import type { ApiFailure } from "../api/json.ts";

const UNAUTHENTICATED = 401;
const FORBIDDEN = 403;

/** Whether another key, or any, would help; the reason is the server's own. */
export const isKeyProblem = (error: Error | undefined): boolean => {
  const status = (error as Partial<ApiFailure> | undefined)?.status;
  return status === UNAUTHENTICATED || status === FORBIDDEN;
};
