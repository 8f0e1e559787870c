export type ErrorCode = "VALIDATION" | "NOT_FOUND" | "CONFLICT" | "CORRUPT" | "TOO_LARGE" | "UNAVAILABLE" | "INTERNAL";

/** A failure that has a name: each edge (HTTP, command line, consumer) maps `code` once, in one table. */
export class AppError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AppError";
    this.code = code;
  }
}
