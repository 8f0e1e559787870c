import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { AppError } from "@tidewatch/core/errors";
import { Command } from "commander";
import { examples } from "../options.ts";

const BENCH = fileURLToPath(new URL("../../../../bench/run.ts", import.meta.url));

/** The benchmarks are a program of their own: they measure processes, this one included. */
export const benchCommand = () =>
  new Command("bench")
    .description("measure this machine: throughput, latency and CPU time, beside their limits")
    .argument("[args...]", "handed on to bench/run.ts")
    .allowUnknownOption()
    .helpOption(false)
    .addHelpText("after", examples([["All of them, as a table", "tidewatch bench"]]))
    .action(async (args: string[]) => {
      if (!existsSync(BENCH))
        throw new AppError("NOT_FOUND", "The benchmarks are not part of this copy; run them in a checkout.");
      const child = spawn(process.execPath, [BENCH, ...args], { stdio: "inherit" });
      process.exitCode = await new Promise<number>((done) => child.once("exit", (code) => done(code ?? 1)));
    });
