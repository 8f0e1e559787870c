import { spawn } from "node:child_process";
import { join } from "node:path";
import { newKinesisClient } from "@tidewatch/functions/aws/clients";

/**
 * Program: runs the suites of AWS adapters where the environment points to. Exit code 2 when it points nowhere, else that of
 * the tests.
 */
const NOWHERE_TO_RUN = 2;
const ROOT = join(import.meta.dirname, "../..");

const refuse = (why: string): never => {
  process.stderr.write(`npm run test:aws ${why}\n`);
  process.exit(NOWHERE_TO_RUN);
};

/** An emulator asks for credentials and does not look at them. */
const ofEmulators = () => ({
  AWS_ACCESS_KEY_ID: "emulator",
  AWS_SECRET_ACCESS_KEY: "emulator",
  AWS_REGION: "us-east-1",
  ...process.env,
});

const ofAccount = async () => {
  const { config } = newKinesisClient();
  await config.credentials().catch(() => {
    refuse(
      "needs somewhere to run: set AWS_ENDPOINT_URL to an AWS-compatible endpoint, or give it the credentials of an account " +
        "(AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY).",
    );
  });
  const region = await config.region().catch(() => refuse("needs a region: set AWS_REGION."));
  return { AWS_REGION: region, ...process.env };
};

const hasEndpoint = Object.entries(process.env).some(([name, value]) => /^AWS_ENDPOINT_URL/.test(name) && value);
const env = hasEndpoint ? ofEmulators() : await ofAccount();
const args = ["run", "--config", "vitest.aws.config.ts", ...process.argv.slice(2)];
// An interrupt reaches the tests as well, which remove what they made before they end.
process.on("SIGINT", () => {});
const child = spawn(process.execPath, [join(ROOT, "node_modules/vitest/vitest.mjs"), ...args], {
  ...{ cwd: ROOT, env, stdio: "inherit" },
});
child.once("exit", (code) => {
  process.exitCode = code ?? 1;
});
