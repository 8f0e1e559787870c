import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { type AnyDetector, parseAnyDetector } from "@tidewatch/core/any-detector";
import { Detector } from "@tidewatch/core/detector";
import { AppError } from "@tidewatch/core/errors";
import type { z } from "zod";

/** Detectors of a JSON file (one, or a list; of metrics or logs), or of standard input for `-`. */
export const readDetectors = async (file: string): Promise<AnyDetector[]> => {
  const content = file === "-" ? await text(process.stdin) : await readFile(file, "utf8");
  const name = file === "-" ? "The input" : file;
  const parsed = parseJson(name, content);
  if (!Array.isArray(parsed)) return [validOf(name, parseAnyDetector(parsed))];
  return parseList(name, parsed);
};

/** Each wrong detector is named by its place, counted from 0 as the fields' are, and by its id. */
const parseList = (name: string, values: readonly unknown[]): AnyDetector[] => {
  const results = values.map(parseAnyDetector);
  const wrong = results.flatMap(({ error }, at) => (error ? problemsOf(error, `[${at}] ${idOf(values[at])}`) : []));
  if (wrong.length === 0) return results.map(({ data }) => data!);
  const count = results.filter(({ success }) => !success).length;
  const share = `${count} of the ${values.length} detectors of ${name} ${count === 1 ? "is" : "are"} not valid`;
  throw new AppError("VALIDATION", `${share}:\n${wrong.join("\n")}`);
};

const idOf = (value: unknown): string => {
  const id = typeof value === "object" && value !== null && "id" in value ? value.id : undefined;
  return typeof id === "string" ? `${id}: ` : "";
};

/** @throws AppError VALIDATION that names the text. */
export const parseJson = (name: string, content: string): unknown => {
  try {
    return JSON.parse(content);
  } catch (cause) {
    throw new AppError("VALIDATION", `${name} is not JSON: ${(cause as Error).message}.`, { cause });
  }
};

/**
 * A detector of metrics.
 * @throws AppError VALIDATION that names each wrong field and its rule.
 */
export const parseDetector = (name: string, value: unknown): Detector => validOf(name, Detector.safeParse(value));

const validOf = <D>(name: string, result: z.ZodSafeParseResult<D>): D => {
  if (result.success) return result.data;
  throw new AppError("VALIDATION", `${name} holds no valid detector:\n${problemsOf(result.error).join("\n")}`);
};

const problemsOf = ({ issues }: z.ZodError, where = ""): string[] =>
  issues.map(({ path, message }) => `  ${where}${path.join(".") || "detector"}: ${message}`);
