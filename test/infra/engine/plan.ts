// Prints what `sst deploy` would make, without AWS: `npm run plan [-- STAGE] [--all]`. `--all` names every resource. The
// settings of a deployment (TIDEWATCH_…) count.
import { join } from "node:path";
import { openOfflineSst } from "./offline-sst.ts";

const args = process.argv.slice(2);
const stage = args.find((arg) => !arg.startsWith("-")) ?? "dev";
const root = process.env.INIT_CWD ?? join(import.meta.dirname, "../../..");

const settings = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value]) => (name.startsWith("TIDEWATCH_") ? [[name, value ?? ""]] : [])),
);

const sst = await openOfflineSst(root);
try {
  const { code, output, deployment } = await sst.diff(stage, settings);
  const made = deployment.resources.filter(({ type }) => !/^(sst|pulumi):/.test(type));
  const byType = Map.groupBy(made, ({ type }) => type);
  for (const [type, resources] of [...byType].sort(([a], [b]) => (a < b ? -1 : 1))) {
    console.log(`${String(resources.length).padStart(4)}  ${type}`);
    if (args.includes("--all")) for (const { name } of resources) console.log(`        ${name}`);
  }
  console.log(`${String(made.length).padStart(4)}  resources in stage ${stage}`);
  for (const error of deployment.errors) console.error(`\n${error}`);
  if (code !== 0) {
    console.error(deployment.errors.length > 0 ? "\nThe plan has errors; see above." : output);
    process.exitCode = 1;
  }
} finally {
  await sst.close();
}
