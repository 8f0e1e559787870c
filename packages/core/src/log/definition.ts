import { canonicalJson, shortHash } from "../feature/hash.ts";
import type { LogDetector } from "./detector.ts";

/**
 * Hash of what decides which sessions a detector has, and of which templates: sessions of another definition teach it
 * nothing, and a model that was made for another one is none for it.
 */
export const definitionHash = ({ match, format, session }: LogDetector): string => {
  const { key, idleSeconds, maxLines } = session;
  return shortHash(canonicalJson({ match, format, key, idleSeconds, maxLines }));
};
