import { AppError } from "../errors.ts";
import type { StreamReceipt } from "./ports.ts";

/** In the place of each entry of a put its receipt, or `undefined` when it is not on the stream as far as anybody knows. */
export type PartialReceipts = readonly (StreamReceipt | undefined)[];

/** A put that failed, with what it has stored all the same. */
export const putFailure = (failure: AppError, stored: PartialReceipts): AppError => Object.assign(failure, { stored });

/** What a put that threw `failure` has stored: nothing, unless the failure says so. */
export const storedBy = (failure: unknown): PartialReceipts =>
  failure instanceof AppError && "stored" in failure ? (failure.stored as PartialReceipts) : [];
