import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AWS } from "./aws-account.ts";
import { startAwsStub } from "./aws-stub.ts";
import type { Deployment, PlannedResource } from "./deployment.ts";
import { holdLock } from "./lock.ts";

type Settings = Record<string, string>;
export type SstRun = { code: number; output: string };
export type OfflineSst = {
  /** Builds and plans; says nothing to the state. `settings` are variables of the environment. */
  diff(stage: string, settings?: Settings): Promise<SstRun & { deployment: Deployment }>;
  deploy(stage: string, settings?: Settings): Promise<SstRun & { deployment: Deployment }>;
  /** What the engine would delete and what it would leave in the account; `undefined` when SST refuses. */
  remove(stage: string): Promise<SstRun & { resources?: { deleted: PlannedResource[]; kept: PlannedResource[] } }>;
  close(): Promise<void>;
};

/**
 * The real `sst` command of the project at `root`, with stand-ins for the Pulumi engine and for the AWS services that
 * the command itself calls. It builds every bundle and plans every resource; what AWS would say to them stays open.
 * State lasts until `close`. One at a time: they share `.sst`, and others wait.
 */
export const openOfflineSst = async (root: string): Promise<OfflineSst> => {
  const release = await holdLock(join(root, ".sst/offline.lock"));
  const scratch = mkdtempSync(join(tmpdir(), "tidewatch-sst-"));
  installPulumiStandIn(join(scratch, "sst/bin"));
  const aws = await startAwsStub();
  const env = {
    ...ownEnvironment(),
    ...OFFLINE,
    AWS_ENDPOINT_URL: aws.url,
    /** SST looks for its pulumi in `$XDG_CONFIG_HOME/sst/bin`. */
    XDG_CONFIG_HOME: scratch,
    TMPDIR: scratch,
    DEPLOYMENTS: scratch,
  };
  const sst = (command: string, stage: string, settings: Settings = {}): Promise<SstRun> =>
    run(join(root, "node_modules/.bin/sst"), [command, "--stage", stage], root, { ...env, ...settings });
  const deploymentOf = (run: SstRun, file: string): SstRun & { deployment: Deployment } => {
    const path = join(scratch, file);
    if (!existsSync(path)) throw new Error(`sst ended with ${run.code} before it had a plan:\n${run.output}`);
    return { ...run, deployment: JSON.parse(readFileSync(path, "utf8")) };
  };
  return {
    diff: async (stage, settings) => deploymentOf(await sst("diff", stage, settings), `${stage}.preview.json`),
    deploy: async (stage, settings) => deploymentOf(await sst("deploy", stage, settings), `${stage}.up.json`),
    remove: async (stage) => {
      const removal = await sst("remove", stage);
      const path = join(scratch, `${stage}.destroy.json`);
      return { ...removal, ...(existsSync(path) && { resources: JSON.parse(readFileSync(path, "utf8")) }) };
    },
    close: async () => {
      await aws.close();
      rmSync(scratch, { recursive: true, force: true });
      release();
    },
  };
};

/** Nothing of the caller's account or settings: a plan has to be the same for everybody. */
const ownEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(AWS|SST|PULUMI|TIDEWATCH)_/.test(name)));

const OFFLINE = {
  ...{ AWS_ACCESS_KEY_ID: "offline", AWS_SECRET_ACCESS_KEY: "offline", AWS_REGION: AWS.region, AWS_PROFILE: "" },
  AWS_EC2_METADATA_DISABLED: "true",
  ...{ SST_NO_BUN: "1", SST_SKIP_DEPENDENCY_CHECK: "1", SST_TELEMETRY_DISABLED: "1", CI: "1" },
};

const installPulumiStandIn = (folder: string) => {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "pulumi");
  writeFileSync(path, `#!/bin/sh\nexec "${process.execPath}" "${join(import.meta.dirname, "pulumi.ts")}" "$@"\n`);
  chmodSync(path, 0o755);
};

const run = (program: string, args: string[], cwd: string, env: NodeJS.ProcessEnv): Promise<SstRun> =>
  new Promise((done, fail) => {
    const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (text: string) => {
        output += text;
      });
    }
    child.once("error", fail);
    child.once("close", (code) => done({ code: code ?? 1, output }));
  });
