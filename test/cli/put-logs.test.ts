import { appendFile, mkdtemp, rename, rm, truncate, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { LogEvent } from "@tidewatch/core/ingest/event";
import { Status } from "@tidewatch/functions/api/schemas/status";
import { dataPaths } from "@tidewatch/local/runtime/paths";
import { openSqliteStream } from "@tidewatch/local/stream/sqlite-stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bodyOf } from "../integration/api-harness.ts";
import { type Answer, accepting, answeringServer, type Received } from "../support/event-server.ts";
import { type Running, startTidewatch, tidewatch } from "../support/tidewatch.ts";

let folder: string;
let answer: (request: Received) => Answer;
let server: Awaited<ReturnType<typeof answeringServer>>;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tidewatch-put-logs-"));
  answer = accepting;
  server = await answeringServer((request) => answer(request));
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const put = (args: string[], input?: string) =>
  tidewatch(["put", ...args, "--url", server.url], input === undefined ? {} : { input });
const received = (): LogEvent[] =>
  server.requests.flatMap(({ body }) => body.trimEnd().split("\n")).map((line) => JSON.parse(line));
const messages = () => received().map(({ message }) => message);
const until = async (condition: () => boolean | Promise<boolean>, what: string) => {
  const endMs = performance.now() + 30_000;
  while (!(await condition())) {
    if (performance.now() > endMs) throw new Error(`${what} did not come true within 30 s`);
    await sleep(50);
  }
};

const AT = "2026-11-20 10:00:00";
const lineOf = (what: string | number) => `${AT} INFO web.Server: request ${what} done`;

describe("tidewatch put, of log lines", () => {
  it("takes a .log file, with its name as entity and times of the zone", async () => {
    const path = join(folder, "web-1.log");
    await writeFile(path, `${AT} ERROR web.Server: failed\n\tat a.B\n${lineOf(2)}\n`);
    const { code, stdout, stderr } = await put([path, "--zone", "+02:00", "--session", "job-1"]);
    const event = { type: "log", entity: "web-1", session: "job-1", timestamp: Date.UTC(2026, 10, 20, 8) };
    expect(received()).toEqual([
      { ...event, message: `${AT} ERROR web.Server: failed\n\tat a.B` },
      { ...event, message: lineOf(2) },
    ]);
    expect(stderr).toContain("are read as header");
    expect(stdout).toContain("2 events accepted, 0 rejected");
    expect(code).toBe(0);
  });

  it("takes for log lines what is neither events nor a CSV with times, where the entity is named", async () => {
    await put(["-", "--entity", "web"], `${lineOf(1)}\n`);
    await put(["-", "--entity", "web"], '{"level":"info","msg":"json lines"}\n');
    await put(["-", "--entity", "web"], "timestamp,cpu\n2026-11-20 10:00:00,1\n");
    await put(
      ["-", "--entity", "web"],
      '{"type":"metric","entity":"a","timestamp":1795168860000,"values":{"cpu":1}}\n',
    );
    await put(["-", "--format", "log"], "timestamp,cpu\n");
    expect(received().map(({ type, entity }) => `${type} ${entity}`)).toEqual([
      ...["log web", "log web", "metric web", "metric a", "log stdin"],
    ]);
  });

  it.each(["app.json", "app.jsonl", "app.ndjson"])(
    "takes a JSON log in %s for one, where the entity is named",
    async (file) => {
      const path = join(folder, file);
      const line = (n: number) => JSON.stringify({ time: "2026-11-20T10:00:00Z", level: "info", type: "request", n });
      const json = Array.from({ length: 20 }, (_, n) => line(n));
      await writeFile(path, `${json.join("\n")}\n`);
      const { code, stdout } = await put([path, "--entity", "json-1"]);
      expect([code, stdout]).toEqual([0, expect.stringContaining("20 events accepted, 0 rejected")]);
      expect(messages()).toEqual(json);
      const rejected = json.map((_, index) => ({ index, reason: 'type: must be "metric" or "log"' }));
      answer = () => ({ status: 202, body: { accepted: 0, rejected } });
      const { stderr } = await put([path]);
      expect(stderr.match(/look like those of a JSON log: --format log reads them as log lines/g)).toHaveLength(1);
      await put([path, "--entity", "json-1", "--format", "ndjson"]);
      expect(received().slice(20)).toEqual([...json, ...json].map((text) => JSON.parse(text)));
    },
  );

  it("takes events of a .ndjson file for events, even where the entity is named and a line is broken", async () => {
    const path = join(folder, "app.ndjson");
    const event = '{"type":"metric","entity":"a","timestamp":1795168860000,"values":{"cpu":1}}';
    await writeFile(path, `{"entity":"a"}\n${event}\n`);
    const { stderr } = await put([path, "--entity", "web"]);
    expect(received()).toEqual([{ entity: "a" }, JSON.parse(event)]);
    expect(stderr).not.toContain("--format log");
  });

  it("cuts no stack trace between two batches", async () => {
    const trace = Array.from({ length: 20 }, (_, depth) => `\tat a.B.c${depth}(B.java)`).join("\n");
    const events = Array.from({ length: 1200 }, (_, n) => `${lineOf(n)}\n${trace}`);
    const path = join(folder, "app.log");
    await writeFile(path, events.join("\n"));
    await put([path]);
    expect(server.requests.length).toBeGreaterThan(2);
    expect(messages()).toEqual(events);
  });

  it("says which zones there are", async () => {
    const { code, stderr } = await put(["-", "--zone", "CET"], "");
    expect(stderr).toContain("It must be an offset of UTC such as +02:00, or local.");
    expect(code).toBe(2);
  });

  it("follows a log through rotation and truncation, and ends with all of it sent", async () => {
    const path = join(folder, "app.log");
    await writeFile(path, `${lineOf(1)}\n`);
    const running = startTidewatch(["put", path, "--follow", "--url", server.url]);
    await until(() => messages().includes(lineOf(1)), "the first line");
    const writtenMs = performance.now();
    await appendFile(path, `${lineOf(2)}\n${lineOf(3).slice(0, 30)}`);
    await until(() => messages().includes(lineOf(2)), "the second line");
    expect(performance.now() - writtenMs).toBeLessThan(3000);
    await appendFile(path, `${lineOf(3).slice(30)}\n`);
    await rename(path, `${path}.1`);
    await writeFile(path, `${lineOf(4)}\n`);
    await until(() => messages().includes(lineOf(4)), "the rotated file");
    await truncate(path);
    await sleep(600);
    await appendFile(path, `${lineOf(5)}\n`);
    await until(() => messages().includes(lineOf(5)), "the emptied file");
    await appendFile(path, `${lineOf(6)}\n\tat a.B\n`);
    await sleep(350);
    running.kill("SIGINT");
    const { code, stdout, stderr } = await running.finished;
    expect(messages()).toEqual([...[1, 2, 3, 4, 5].map(lineOf), `${lineOf(6)}\n\tat a.B`]);
    expect(stderr.split("\n").filter((text) => text.includes(" was "))).toEqual([
      `${path} was replaced: the old file was read to its end.`,
      `${path} was emptied: reading from its beginning; what was not read by then is lost.`,
    ]);
    expect(stdout).toContain("6 events accepted");
    expect(code).toBe(0);
  });

  it("sends lines of standard input as they come", async () => {
    const running = startTidewatch(["put", "-", "--entity", "web", "--url", server.url], { keepInput: true });
    running.stdin.write(`${lineOf(1)}\n`);
    await until(() => messages().includes(lineOf(1)), "the first line");
    running.stdin.end(`${lineOf(2)}\n`);
    expect((await running.finished).code).toBe(0);
    expect(messages()).toEqual([lineOf(1), lineOf(2)]);
  });

  it("sends what it has read of standard input when it is interrupted", async () => {
    const args = ["put", "-", "--follow", "--entity", "web", "--url", server.url];
    const running = startTidewatch(args, { keepInput: true });
    running.stdin.write(`${lineOf(1)}\n`);
    await until(() => messages().includes(lineOf(1)), "the first line");
    running.stdin.write(`${lineOf(2)}\n\tat a.B\n`);
    await sleep(100);
    running.kill("SIGINT");
    expect((await running.finished).code).toBe(0);
    expect(messages()).toEqual([lineOf(1), `${lineOf(2)}\n\tat a.B`]);
  });

  it("loses nothing of a log that is rotated while its server is killed and started again", async () => {
    const path = join(folder, "app.log");
    const directory = join(folder, "data");
    await writeFile(path, "");
    const port = await freePort();
    const start = async (): Promise<Running> => {
      const options = ["--directory", directory, "--port", String(port), "--kinesis-port", "0"];
      const started = startTidewatch(["start", ...options, "--no-recording", "--no-collect"]);
      await until(() => answers(`http://127.0.0.1:${port}/healthz`), "the server's start");
      return started;
    };
    let count = 0;
    const write = async (lines: number) => {
      for (const end = count + lines; count < end; count++) {
        await appendFile(path, `${lineOf(count)}\n`);
        if (count % 10 === 0) await sleep(2);
      }
    };
    const first = await start();
    const following = startTidewatch(["put", path, "--follow", "--url", `http://127.0.0.1:${port}`]);
    await write(1000);
    // Not in the middle of a batch: its key would be taken for a minute.
    await until(async () => (await onStream(port)) === count, "the server's receipt of the first lines");
    first.kill("SIGKILL");
    await first.finished;
    await write(1000);
    for (const name of ["old", "older"]) {
      await rename(path, `${path}.${name}`);
      await write(500);
      await sleep(1500);
    }
    const second = await start();
    await write(500);
    await until(async () => (await onStream(port)) === count, "the server's receipt of all lines");
    following.kill("SIGINT");
    const { code, stdout } = await following.finished;
    expect([code, stdout]).toEqual([0, expect.stringContaining("3,500 events accepted, 0 rejected")]);
    second.kill("SIGINT");
    await second.finished;
    const opened = openSqliteStream(dataPaths(directory).stream, { shards: 4, now: Date.now });
    const records = opened.reader
      .shardIds()
      .flatMap((shard) => opened.reader.read(shard, undefined, { records: 1e6, bytes: 1e9 }));
    await opened.close();
    const stored = records.map(({ data }) => JSON.parse(Buffer.from(data).toString()).message);
    expect(stored).toEqual(Array.from({ length: count }, (_, n) => lineOf(n)));
  }, 120_000);
});

const freePort = async (): Promise<number> => {
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, "127.0.0.1", done));
  const { port } = probe.address() as AddressInfo;
  await new Promise((done) => probe.close(done));
  return port;
};

const answers = (url: string) =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );

/** Records on the stream: those that the archive has taken, and those that it has yet to take. */
const onStream = async (port: number): Promise<number> => {
  const response = await fetch(`http://127.0.0.1:${port}/v1/status`);
  const { archive, consumers } = await bodyOf(response, Status);
  const waiting = consumers.filter(({ name }) => name === "archive").map(({ lag }) => lag);
  return waiting.reduce((sum, lag) => sum + lag, archive.received);
};
