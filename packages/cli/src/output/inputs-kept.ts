import { statSync } from "node:fs";
import { resolve } from "node:path";
import { AppError } from "@tidewatch/core/errors";

/**
 * Refuses an output that is one of the inputs, under whatever name: writing it would destroy what is read.
 * @throws AppError VALIDATION that names the input
 */
export const keepInputs = (output: string | undefined, inputs: readonly (string | undefined)[]): void => {
  if (output === undefined || output === "-") return;
  // An output has this name until it is whole.
  const written = [output, `${output}.part`];
  const lost = inputs.find((input) => input !== undefined && input !== "-" && written.some((to) => isSame(input, to)));
  if (lost === undefined) return;
  throw new AppError("VALIDATION", `${lost} would be overwritten by the output; choose another name for that.`);
};

/** Links are other names of the same file. */
const isSame = (one: string, other: string): boolean => {
  if (resolve(one) === resolve(other)) return true;
  const [a, b] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false }));
  return a !== undefined && b !== undefined && a.isFile() && a.dev === b.dev && a.ino === b.ino;
};
