import { spawn } from "node:child_process";
import { join } from "node:path";
import { newKinesisClient } from "@tidewatch/functions/aws/clients";
import {
  clientsOf,
  createResources,
  type Environment,
  type Kind,
  type Names,
  removeResources,
} from "../support/aws/resources.ts";

/**
 * Program: makes a table, a bucket, a stream and a bus where the environment points to, runs the suites of AWS adapters on
 * them, and removes them however the tests end. Exit code 2 when there is nowhere to run, else that of the tests.
 */
const NOWHERE_TO_RUN = 2;
const ROOT = join(import.meta.dirname, "../..");
const KINDS: readonly Kind[] = ["table", "bucket", "stream", "bus"];

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const refuse = (why: string): never => {
  process.stderr.write(`npm run test:aws ${why}\n`);
  process.exit(NOWHERE_TO_RUN);
};

/** An emulator asks for credentials and does not look at them. */
const ofEmulators = (): Environment => ({
  AWS_ACCESS_KEY_ID: "emulator",
  AWS_SECRET_ACCESS_KEY: "emulator",
  AWS_REGION: "us-east-1",
  ...process.env,
});

const ofAccount = async (): Promise<Environment> => {
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

/** What an endpoint does not offer is left out by name. */
const kindsWithout = (list = ""): Kind[] => {
  const without = list.split(",").filter(Boolean);
  const unknown = without.filter((name) => !KINDS.some((kind) => kind === name));
  if (unknown.length > 0) refuse(`knows ${KINDS.join(", ")}, and no ${unknown.join(", ")}: correct TEST_AWS_WITHOUT.`);
  return KINDS.filter((kind) => !without.includes(kind));
};

const runTests = (environment: Environment, names: Names): Promise<number> => {
  const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
  const args = [vitest, "run", "--config", "vitest.aws.config.ts", ...process.argv.slice(2)];
  const env = { ...environment, TEST_AWS_NAMES: JSON.stringify(names) };
  const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: "inherit" });
  return new Promise((done) => child.once("exit", (code) => done(code ?? 1)));
};

// An interrupt ends the tests, which have it from the terminal too; what they used is removed then.
process.on("SIGINT", () => {});
const kinds = kindsWithout(process.env.TEST_AWS_WITHOUT);
const hasEndpoint = Object.entries(process.env).some(([name, value]) => /^AWS_ENDPOINT_URL/.test(name) && value);
const environment = hasEndpoint ? ofEmulators() : await ofAccount();
const clients = clientsOf(environment);
const names = await createResources(clients, kinds);
const list = kinds.map((kind) => `${kind} ${names[kind]}`).join(", ");
say(`made ${list}; they are removed at the end`);
try {
  process.exitCode = await runTests(environment, names);
} finally {
  await removeResources(clients, names);
  say(`removed ${list}`);
}
