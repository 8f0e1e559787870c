import { AppError } from "../../errors.ts";

/**
 * What is stored, or `undefined` where it is damaged or gone: a new training replaces it. A document that does not parse
 * throws an error that is no `AppError`.
 */
export const readable = async <T>(reading: Promise<T>): Promise<T | undefined> => {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof AppError && error.code !== "CORRUPT" && error.code !== "NOT_FOUND") throw error;
    return undefined;
  }
};
