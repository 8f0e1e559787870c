import { open } from "node:fs/promises";
import os from "node:os";
import { collect } from "@tidewatch/local/collect/collect";
import { Command, InvalidArgumentError } from "commander";

const positive = (text: string): number => {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("It must be a number above 0.");
  return value;
};

export const collectCommand = () =>
  new Command("collect")
    .description("sample this machine's CPU, memory, disk, load and network as metric events (NDJSON)")
    .option("-i, --interval <seconds>", "seconds between samples", positive, 2)
    .option("-e, --entity <name>", "entity of the events", os.hostname())
    .option("-o, --output <file>", "append to this file instead of standard output")
    .option("-p, --path <path>", "a path on the file system whose fill level counts", process.cwd())
    .option("-d, --duration <seconds>", "stop after this long (default: until Ctrl-C)", positive)
    .action(async (options) => {
      const stop = new AbortController();
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
      if (options.duration) setTimeout(() => stop.abort(), options.duration * 1000).unref();
      const file = options.output ? await open(options.output, "a") : undefined;
      const source = {
        entity: options.entity,
        intervalSeconds: options.interval,
        path: options.path,
        signal: stop.signal,
      };
      for await (const event of collect(source)) {
        const line = `${JSON.stringify(event)}\n`;
        if (file) await file.appendFile(line);
        else process.stdout.write(line);
      }
      await file?.close();
    });
