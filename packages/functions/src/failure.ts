import { AppError, type ErrorCode } from "@tidewatch/core/errors";

/** What an operator does about a failure of each kind. */
const NEXT_STEPS = {
  VALIDATION: "correct the setting that the message names and deploy again",
  NOT_FOUND: "it was deleted meanwhile; when it comes again, look whether somebody empties the bucket or the table",
  CONFLICT: "it is tried again; when it lasts, look for a second deployment that writes to the same table",
  CORRUPT: "restore what the message names from the backup of the table or an earlier version of the object",
  TOO_LARGE: "make what the message names smaller",
  UNAVAILABLE: "it is tried again; when it lasts, look at AWS Health, throttles and the function's permissions",
  INTERNAL: "a fault of Tidewatch: report it with `where`",
} as const satisfies Record<ErrorCode, string>;

/**
 * What may be logged of a failure. Messages of our own say what is wrong without quoting events. Those of others may quote
 * what they were given (a JSON parser does), so that only their kind and their place in the code are told.
 */
export type FailureFacts = {
  code: ErrorCode;
  next: string;
  reason?: string;
  error: string;
  cause?: string;
  where?: string[];
};

export const failureFacts = (failure: unknown): FailureFacts => {
  const code = failure instanceof AppError ? failure.code : "INTERNAL";
  return {
    code,
    next: NEXT_STEPS[code],
    ...(failure instanceof AppError ? { reason: failure.message } : {}),
    error: kindOf(failure),
    ...(failure instanceof Error && failure.cause !== undefined ? { cause: kindOf(failure.cause) } : {}),
    ...(failure instanceof Error ? { where: framesOf(failure) } : {}),
  };
};

const kindOf = (failure: unknown): string => {
  if (!(failure instanceof Error)) return typeof failure;
  return "code" in failure && typeof failure.code === "string" ? `${failure.name} ${failure.code}` : failure.name;
};

/** Frames that are told: the place of the fault and how it was reached. */
const MAX_FRAMES = 8;
const FRAME = /^\s+at (.*)$/;
/** How a stack begins, before the message: `TypeError [ERR_INVALID_ARG_TYPE]: `. */
const STACK_PREFIX = /^[^\n:]*: /;
const framesOf = ({ stack = "", message }: Error): string[] => {
  const rest = stack.replace(STACK_PREFIX, "");
  // A message that was changed afterwards: lines of its first form may look like frames.
  if (!rest.startsWith(message)) return [];
  return rest
    .slice(message.length)
    .split("\n")
    .flatMap((line) => FRAME.exec(line)?.[1] ?? [])
    .slice(0, MAX_FRAMES);
};
