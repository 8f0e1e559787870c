import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { NewKey } from "@tidewatch/core/access/key";
import { createKey } from "@tidewatch/core/access/store";
import { listen } from "@tidewatch/local/http/listen";
import { describe, expect, test } from "vitest";
import { startApi } from "../integration/api-harness.ts";

const FIND = "import importlib.util, sys; sys.exit(importlib.util.find_spec('mlflow') is None)";
const hasMlflow = spawnSync("python3", ["-c", FIND], { stdio: "ignore" }).status === 0;
if (!hasMlflow)
  process.stderr.write("SKIPPED: no python3 with mlflow here; MLflow's own client was not run against the API.\n");

/** Parts of the smallest size that the client takes, so that a file of some megabytes is sent in several. */
const IN_PARTS = {
  MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD: "true",
  MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE: "5242880",
  MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE: "5242880",
};

/** The server runs in this process, so the child must not block it. */
const drive = (environment: Record<string, string>) =>
  new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve, reject) => {
    const child = spawn("python3", [join(import.meta.dirname, "drive.py")], {
      env: { ...process.env, ...environment },
    });
    const out = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream].on("data", (chunk) => {
        out[stream] += chunk;
      });
    }
    child.once("error", reject).once("close", (code) => resolve({ code, ...out }));
  });

describe(`MLflow's Python client${hasMlflow ? "" : " (not installed: skipped)"}`, () => {
  test.skipIf(!hasMlflow)("tracks, searches, registers, downloads", { timeout: 300_000 }, async () => {
    const api = startApi({ requireKeys: true });
    const server = await listen(api.app, 0, "127.0.0.1");
    const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
    const { token } = await createKey({ ...api.ports, random }, NewKey.parse({ name: "n", scopes: ["operate"] }));
    const address = { MLFLOW_TRACKING_URI: server.url, MLFLOW_TRACKING_TOKEN: token };
    const { code, stdout, stderr } = await drive({ ...address, ...IN_PARTS });
    await server.close();
    await api.stop();
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout.trim().split("\n").at(-1)!)).toMatchObject({
      ...{ status: "FINISHED", params: { trees: "100", depth: "8" }, nan: true, history: [0, 1, 2], found: ["first"] },
      ...{ artifacts: ["all", "model"], version_number: "1", text: "hello", aliases: { champion: "1" }, large: true },
      files: expect.arrayContaining(["notes.txt"]),
    });
  });
});
