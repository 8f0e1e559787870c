// Stands in for the `pulumi` program, as far as the SST command uses it:
//   pulumi version · stack init STACK · preview|up|destroy --stack STACK --event-log FILE
// `preview` and `up` run the compiled program and write the deployment to DEPLOYMENTS/<stage>.<command>.json; `destroy`
// writes there what would be deleted and what kept. State goes into the backend's folder, where SST looks for it.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Deployment } from "./deployment.ts";
import { openEventLog } from "./event-log.ts";
import { readState, writeState } from "./state-file.ts";

/** The version that SST 4.17 brings the SDK of; it asks before it trusts the program. */
const PULUMI_VERSION = "3.215.0";

const args = process.argv.slice(2);
const command = args[0] ?? "";
const option = (name: string): string => {
  const value = args[args.indexOf(name) + 1];
  if (!args.includes(name) || value === undefined) fail(`pulumi ${command} without ${name}`);
  return value;
};
const fail: (text: string) => never = (text) => {
  console.error(`stand-in for pulumi: ${text}`);
  process.exit(2);
};
const environment = (name: string): string => process.env[name] ?? fail(`${name} is not set`);

/** `organization/app/stage` */
const partsOf = (stack: string) => {
  const [, app = "", stage = ""] = stack.split("/");
  return { stack, app, stage };
};
const backend = () => new URL(environment("PULUMI_BACKEND_URL")).pathname;

const runProgram = () => {
  const { stack, app, stage } = partsOf(option("--stack"));
  const main = /^main: (.*)$/m.exec(readFileSync("Pulumi.yaml", "utf8"))?.[1]?.trim();
  if (!main) return fail("Pulumi.yaml names no `main`");
  const output = join(environment("DEPLOYMENTS"), `${stage}.${command}.json`);
  const runner = join(import.meta.dirname, "run-program.ts");
  const { status } = spawnSync(process.execPath, [runner, main, app, stage, command, output], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  const deployment: Deployment = JSON.parse(readFileSync(output, "utf8"));
  const resources = parentsFirst(deployment.resources);
  const log = openEventLog(option("--event-log"));
  for (const resource of resources) log.resource("create", resource, command === "preview");
  for (const error of deployment.errors) log.error(error);
  log.summary({ create: resources.length }, command === "preview");
  if (command === "up") writeState(backend(), stack, resources);
  process.exit(status ?? 1);
};

const destroy = () => {
  const { stack, stage } = partsOf(option("--stack"));
  const resources = parentsFirst(readState(backend(), stack)).reverse();
  const protectedOnes = resources.filter((resource) => resource.protect);
  const log = openEventLog(option("--event-log"));
  for (const { urn } of protectedOnes) log.error(`${urn} is protected and cannot be deleted`);
  if (protectedOnes.length === 0) {
    for (const resource of resources) log.resource("delete", resource, false);
    writeState(backend(), stack, []);
    const split = {
      deleted: resources.filter(({ retainOnDelete }) => !retainOnDelete),
      kept: resources.filter(({ retainOnDelete }) => retainOnDelete),
    };
    writeFileSync(join(environment("DEPLOYMENTS"), `${stage}.destroy.json`), JSON.stringify(split));
  }
  log.summary({ delete: resources.length }, false);
  process.exit(protectedOnes.length === 0 ? 0 : 1);
};

const parentsFirst = (resources: Deployment["resources"]): Deployment["resources"] => {
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  const ordered = new Set<Deployment["resources"][number]>();
  const add = (resource: Deployment["resources"][number]) => {
    const parent = resource.parent === undefined ? undefined : byUrn.get(resource.parent);
    if (parent && !ordered.has(parent)) add(parent);
    ordered.add(resource);
  };
  resources.filter(({ type }) => type === "pulumi:pulumi:Stack").forEach(add);
  resources.forEach(add);
  return [...ordered];
};

if (command === "version") console.log(`v${PULUMI_VERSION}`);
else if (command === "stack" && args[1] === "init") writeState(backend(), args[2] ?? "", []);
else if (command === "preview" || command === "up") runProgram();
else if (command === "destroy") destroy();
else fail(`cannot do \`pulumi ${args.join(" ")}\``);
