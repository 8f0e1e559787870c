import { Command, Option } from "commander";
import { count, examples, port, positive } from "../options.ts";
import type { StartOptions } from "../start/run.ts";

export const startCommand = () =>
  new Command("start")
    .description("run the whole pipeline on this machine: API, page, Kinesis endpoint, consumers")
    .addOption(
      new Option("-D, --directory <folder>", "where all data lie").env("TIDEWATCH_DIRECTORY").default(".tidewatch"),
    )
    .option("-p, --port <port>", "port of the API and the page", port, 3000)
    .option("-k, --kinesis-port <port>", "port of the Kinesis endpoint", port, 3001)
    .option("-H, --host <address>", "address to listen on; beyond this machine better with --require-keys", "127.0.0.1")
    .option("-c, --consumers <number>", "threads that score", count, 1)
    .option("-i, --interval <seconds>", "seconds between samples of this machine", positive, 2)
    .option("--require-keys", "answer only requests with an API key (see `tidewatch keys`)")
    .option("--once", "feed the recording, print the summary and end")
    .option("--no-recording", "leave the recorded data set out")
    .option("--no-collect", "leave this machine's own metrics out")
    .option("-v, --verbose", "log every request, as JSON on standard error")
    .addHelpText(
      "after",
      examples([
        ["See it work, then stop", "tidewatch start --once"],
        ["An empty pipeline for your own events", "tidewatch start --no-recording --no-collect"],
        ["For others too, with keys", "tidewatch start --host 0.0.0.0 --require-keys"],
        ["Beside another one", "tidewatch start --directory /tmp/second --port 3100 --kinesis-port 3101"],
      ]),
    )
    // The pipeline's modules take a second to load; the other commands do without them.
    .action(async (options: StartOptions) => (await import("../start/run.ts")).runStart(options));
