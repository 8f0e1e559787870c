import { Command } from "commander";
import { CHECKS, type CheckContext, type Finding } from "../doctor/checks.ts";
import { EXIT } from "../failure.ts";
import { examples, jsonOption, wholeNumber } from "../options.ts";

type DoctorOptions = { directory: string; port: number; json?: true };

export const doctorCommand = () =>
  new Command("doctor")
    .description("check whether this machine has all that Tidewatch needs, and say what to do about what is missing")
    .option("--directory <path>", "the data folder", ".tidewatch")
    .option("--port <port>", "the port of the API", wholeNumber, 3000)
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `\nExit code 1 when a check fails; a warning is no failure.\n${examples([["Before the first start", "tidewatch doctor"]])}`,
    )
    .action(run);

const run = async ({ directory, port, json }: DoctorOptions) => {
  const context: CheckContext = { directory, port };
  const findings: Finding[] = [];
  for (const { name, check } of CHECKS) {
    const startMs = performance.now();
    const outcome = await check(context).catch((error: Error) => ({
      state: "fail" as const,
      text: error.message.split("\n")[0] ?? "it broke",
    }));
    findings.push({ name, ...outcome, milliseconds: Math.round(performance.now() - startMs) });
    if (!json) console.log(lineOf(findings.at(-1)!));
  }
  if (json) console.log(JSON.stringify(findings, null, 2));
  process.exitCode = findings.some(({ state }) => state === "fail") ? EXIT.failure : EXIT.ok;
};

const lineOf = ({ name, state, text, next }: Finding): string =>
  `${state.padEnd(4)}  ${name.padEnd(13)} ${text}${next ? `\n${" ".repeat(20)}→ ${next}` : ""}`;
