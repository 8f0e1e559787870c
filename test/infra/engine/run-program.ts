// One process runs one compiled SST program over the recording engine, and writes the deployment as JSON.
//   node run-program.ts PROGRAM.mjs APP STAGE preview|up OUTPUT.json
// The program lies in .sst/platform/eval, so that it finds the platform's own Pulumi packages. Exit code 1 when the
// program, one of its resources or an `apply` threw.
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Deployment } from "./deployment.ts";
import { plainInputs } from "./plain-inputs.ts";
import { pulumiSdkOf } from "./pulumi-sdk.ts";
import { startRecorder } from "./recorder.ts";

/** How often in a row nothing new may have come before the program counts as done, and the time in between. */
const QUIET_ROUNDS = 3;
const ROUND_MS = 25;

const [program = "", app = "", stage = "", mode = "", output = ""] = process.argv.slice(2);
const path = resolve(program);

// SST ends physical names with a hash of eight random bytes. The same bytes every time make plans comparable.
const RANDOM_NAME_BYTES = 8;
const crypto: { randomBytes(...args: unknown[]): unknown } = createRequire(import.meta.url)("node:crypto");
const { randomBytes } = crypto;
crypto.randomBytes = (...args) =>
  args.length === 1 && args[0] === RANDOM_NAME_BYTES ? Buffer.alloc(RANDOM_NAME_BYTES, 1) : randomBytes(...args);

const sdk = pulumiSdkOf(path);
const recorder = await startRecorder(sdk, { app, stage, isPreview: mode === "preview" });
const noteError = (error: unknown) => {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (!recorder.errors.includes(text)) recorder.errors.push(text);
};
process.on("unhandledRejection", noteError);
process.on("uncaughtException", noteError);

let outputs: Record<string, unknown> = {};
let isWritten = false;
const write = () => {
  if (isWritten) return;
  isWritten = true;
  const resources = recorder.resources.toSorted((a, b) => (a.urn < b.urn ? -1 : 1));
  const deployment: Deployment = { app, stage, outputs, ...recorder, resources };
  writeFileSync(output, JSON.stringify(deployment, null, 2));
  for (const error of recorder.errors) console.error(error);
};
// An output that failed leaves the program waiting for ever; Node then ends by itself, with code 13.
process.on("exit", () => {
  if (isWritten) return;
  noteError(new Error("the program did not come to its end: an output that it awaits has failed"));
  write();
  process.exitCode = 1;
});

try {
  const returned = await sdk.runtime.runInPulumiStack(async () => (await import(pathToFileURL(path).href)).default);
  outputs = (await plainInputs(sdk, returned ?? {})).plain;
} catch (error) {
  noteError(error);
}
// Components register more resources from within `apply`, also after the program has returned.
for (let quiet = 0, last = -1; quiet < QUIET_ROUNDS; ) {
  await sdk.runtime.waitForRPCs();
  await new Promise((done) => setTimeout(done, ROUND_MS));
  quiet = recorder.resources.length === last ? quiet + 1 : 0;
  last = recorder.resources.length;
}
write();
process.exit(recorder.errors.length > 0 ? 1 : 0);
