// Everything that has to hold before a change goes in: format and lint, types, dead code, tests with coverage.
// A failed step does not stop the ones after it. The last line is `N passed, N failed[, N skipped]`: the tests, and one
// for each other step; the exit code is 1 when anything failed.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "tidewatch-check-"));

/** The tools run on the Node that runs this script, so that `node scripts/check.mjs` checks that very version. */
const tool = (name, ...args) => [join(root, "node_modules", name), ...args];
const STEPS = [
  { name: "format and lint", args: tool("@biomejs/biome/bin/biome", "check", ".") },
  { name: "types", args: tool("typescript/bin/tsc", "--noEmit") },
  { name: "types of the page", args: tool("typescript/bin/tsc", "--noEmit", "-p", "packages/web") },
  { name: "types of the stacks", args: tool("typescript/bin/tsc", "--noEmit", "-p", "tsconfig.infra.json") },
  { name: "dead code", args: tool("knip/bin/knip.js", "--no-progress") },
];
const TESTS = [
  { name: "tests of the code", args: ["--project=measured", "--coverage"] },
  { name: "tests of the product", args: ["--project=unmeasured", "--project=own"] },
  { name: "tests of the deployment", args: ["--config", "test/infra/vitest.config.ts"] },
];

const run = async ({ name, args }) => {
  console.log(`\n── ${name}`);
  const startMs = performance.now();
  const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  const code = await new Promise((done) => child.once("exit", (exit) => done(exit ?? 1)));
  const seconds = (performance.now() - startMs) / 1000;
  console.log(`── ${name}: ${code === 0 ? "ok" : "FAILED"}, ${seconds.toFixed(1)} s`);
  return { name, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0, seconds };
};

/** A test that is not run says so, and its name says why: nothing is left out in silence. */
const SKIPPED = ["skipped", "pending", "todo", "disabled"];

/** The tests count one by one. A run that fails without a failed test (coverage, an error outside) counts as one. */
const runTests = async ({ name, args }, index) => {
  const path = join(scratch, `tests-${index}.json`);
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${path}`];
  const step = await run({ name, args: tool("vitest/vitest.mjs", "run", ...args, ...reporters) });
  const report = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
  if (!report) return { ...step, passed: 0, failed: 1 };
  const brokenFiles = report.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.length === 0,
  );
  const failed = report.numFailedTests + brokenFiles.length;
  for (const { assertionResults } of report.testResults) {
    for (const { status, fullName } of assertionResults)
      if (SKIPPED.includes(status)) console.log(`skipped: ${fullName}`);
  }
  return {
    ...step,
    passed: report.numPassedTests,
    failed: step.failed > 0 ? Math.max(1, failed) : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
};

const results = [];
for (const step of STEPS) results.push(await run(step));
for (const [index, tests] of TESTS.entries()) results.push(await runTests(tests, index));
rmSync(scratch, { recursive: true, force: true });

const sum = (key) => results.reduce((total, result) => total + result[key], 0);
console.log(`\nNode ${process.versions.node}`);
for (const { name, failed, seconds } of results) {
  console.log(`${failed > 0 ? "FAILED" : "ok    "} ${seconds.toFixed(1).padStart(6)} s  ${name}`);
}
console.log(`wall time ${sum("seconds").toFixed(1)} s`);
const skipped = sum("skipped");
console.log(`${sum("passed")} passed, ${sum("failed")} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = sum("failed") > 0 ? 1 : 0;
