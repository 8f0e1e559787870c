import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { Detector } from "@tidewatch/core/detector";
import { AppError } from "@tidewatch/core/errors";

/** Detectors of a JSON file (one, or a list), or of standard input for `-`. */
export const readDetectors = async (file: string): Promise<Detector[]> => {
  const content = file === "-" ? await text(process.stdin) : await readFile(file, "utf8");
  const name = file === "-" ? "The input" : file;
  const parsed = parseJson(name, content);
  return (Array.isArray(parsed) ? parsed : [parsed]).map((value) => parseDetector(name, value));
};

/** @throws AppError VALIDATION that names the text. */
export const parseJson = (name: string, content: string): unknown => {
  try {
    return JSON.parse(content);
  } catch (cause) {
    throw new AppError("VALIDATION", `${name} is not JSON: ${(cause as Error).message}.`, { cause });
  }
};

/** @throws AppError VALIDATION that names each wrong field and its rule. */
export const parseDetector = (name: string, value: unknown): Detector => {
  const result = Detector.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `  ${path.join(".") || "detector"}: ${message}`);
  throw new AppError("VALIDATION", `${name} holds no valid detector:\n${problems.join("\n")}`);
};
