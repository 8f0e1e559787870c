import type { Outcome } from "./checks.ts";

/** Proves that ONNX Runtime loads on this machine, and that a model trained here gives the scores it should. */
export const checkModel = async (): Promise<Outcome> => ({ state: "warn", text: "not checked yet" });
