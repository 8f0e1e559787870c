import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Answer, accepting, answeringServer, type Received } from "../support/event-server.ts";
import { startTidewatch, tidewatch } from "../support/tidewatch.ts";

let folder: string;
let server: Awaited<ReturnType<typeof answeringServer>>;
let answer: (request: Received, nth: number) => Answer;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tidewatch-put-"));
  answer = accepting;
  server = await answeringServer((request, nth) => answer(request, nth));
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const put = (args: string[], input?: string | Uint8Array) =>
  tidewatch(["put", ...args, "--url", server.url], input === undefined ? {} : { input });
const receivedEvents = () =>
  server.requests.flatMap(({ body }) => body.trimEnd().split("\n")).map((line) => JSON.parse(line));

describe("tidewatch put", () => {
  it("turns rows of a gzipped CSV file into events", async () => {
    const path = join(folder, "web-1.csv.gz");
    await writeFile(path, gzipSync("timestamp,cpu,memory\r\n2026-11-20 10:00:00,1.5,\r\n1795168860,2,3\r\n"));
    const { code, stdout } = await put([path]);
    expect(receivedEvents()).toEqual([
      { type: "metric", entity: "web-1", timestamp: Date.UTC(2026, 10, 20, 10), values: { cpu: 1.5, memory: null } },
      { type: "metric", entity: "web-1", timestamp: 1795168860000, values: { cpu: 2, memory: 3 } },
    ]);
    expect(stdout).toContain("2 events accepted, 0 rejected");
    expect(code).toBe(0);
  });

  it("takes the entity from its column", async () => {
    await put(["-"], "entity,timestamp,cpu\nweb-7,2026-11-20T10:00:00Z,1\n");
    expect(receivedEvents()).toMatchObject([{ entity: "web-7", values: { cpu: 1 } }]);
  });

  it("says line and reason of each bad row, sends the others and exits with 1", async () => {
    const rows = [
      "timestamp,cpu",
      "2026-11-20 10:00:00,1",
      "someday,2",
      "2026-11-20 10:00:02,fast",
      "2026-11-20 10:00:03",
    ];
    const { code, stdout, stderr } = await put(["-"], `${rows.join("\n")}\n2026-11-20 10:00:04,5\n`);
    expect(receivedEvents().map((event) => event.values.cpu)).toEqual([1, 5]);
    expect(stderr).toContain('line 3: "someday" is no time');
    expect(stderr).toContain('line 4: values.cpu: "fast" is not a number');
    expect(stderr).toContain("line 5: it has 1 cells where the header has 2");
    expect(stdout).toContain("2 events accepted, 3 rejected");
    expect(code).toBe(1);
  });

  it("gives the server's rejections the number of their line in the input", async () => {
    answer = () => ({ status: 202, body: { accepted: 1, rejected: [{ index: 1, reason: "values.cpu: no number" }] } });
    const rejectedPath = join(folder, "rejected.ndjson");
    const { code, stderr } = await put(["-", "--rejected", rejectedPath], '{"a":1}\n\n\n{"b":2}\n');
    expect(stderr).toContain("line 4: values.cpu: no number");
    expect(await readFile(rejectedPath, "utf8")).toBe('{"line":4,"reason":"values.cpu: no number"}\n');
    expect(code).toBe(1);
  });

  it("hands NDJSON on byte by byte, broken UTF-8 included", async () => {
    const line = Buffer.from([0x7b, 0xff, 0x7d, 0x0a]);
    await put(["-"], line);
    expect(server.requests.map(({ bytes }) => bytes)).toEqual([line]);
  });

  it("sends a batch again under the same idempotency key when the server is away", async () => {
    answer = (request, nth) => (nth === 1 ? { status: 503, body: { title: "busy", status: 503 } } : accepting(request));
    const { code, stderr } = await put(["-"], '{"a":1}\n');
    const keys = server.requests.map(({ headers }) => headers["idempotency-key"]);
    expect(keys).toHaveLength(2);
    expect(keys[0]).toBe(keys[1]);
    expect(stderr).toContain("Try 2 in");
    expect(code).toBe(0);
  });

  it("sends again only what was not stored of a batch, and gives each rejection its line once", async () => {
    const busy = (part: object): Answer => ({ status: 503, body: { title: "busy", status: 503, ...part } });
    const bad = { index: 1, reason: "odd" };
    answer = (request, nth) => {
      if (nth === 1) return busy({ accepted: 2, rejected: [bad], notStored: [2], resumeFrom: 4 });
      return nth === 2 ? busy({ accepted: 0, rejected: [], notStored: [], resumeFrom: 0 }) : accepting(request);
    };
    const { code, stdout, stderr } = await put(["-"], [0, 1, 2, 3, 4, 5].map((n) => `{"n":${n}}\n`).join(""));
    const rest = '{"n":2}\n{"n":4}\n{"n":5}\n';
    expect(server.requests.slice(1).map(({ body }) => body)).toEqual([rest, rest]);
    const keys = server.requests.map(({ headers }) => headers["idempotency-key"]);
    expect(keys[1]).not.toBe(keys[0]);
    expect(keys[2]).toBe(keys[1]);
    expect(stderr).toContain("line 2: odd");
    expect(stdout).toContain("5 events accepted, 1 rejected");
    expect(code).toBe(1);
  });

  it("waits as long as the server asks for", async () => {
    answer = (request, nth) =>
      nth === 1
        ? { status: 429, body: { title: "slow down", status: 429 }, headers: { "retry-after": "2" } }
        : accepting(request);
    const startMs = performance.now();
    const { code, stderr } = await put(["-"], '{"a":1}\n');
    expect(performance.now() - startMs).toBeGreaterThan(2000);
    expect(stderr).toMatch(/Try 2 in 2\.[012] s/);
    expect(code).toBe(0);
  });

  it("does not repeat what the server refuses, and says why", async () => {
    answer = () => ({
      status: 422,
      type: "application/problem+json",
      body: {
        title: "Invalid",
        status: 422,
        detail: "The body is not NDJSON.",
        errors: [{ path: "0", message: "odd" }],
      },
    });
    const { code, stderr } = await put(["-"], '{"a":1}\n');
    expect(server.requests).toHaveLength(1);
    expect(stderr).toContain("The body is not NDJSON.\n  0: odd");
    expect(code).toBe(1);
  });

  it("gives up with one sentence when nothing answers", async () => {
    await server.close();
    const { code, stderr } = await put(["-", "--attempts", "1"], '{"a":1}\n');
    expect(stderr).toMatch(/^tidewatch: No server answers at .*start one with `tidewatch start`/);
    expect(stderr).not.toContain("    at ");
    expect(code).toBe(1);
    server = await answeringServer(accepting);
  });

  it("follows a file as it grows until it is interrupted", async () => {
    const path = join(folder, "live.ndjson");
    await writeFile(path, '{"n":1}\n');
    const running = startTidewatch(["put", path, "--follow", "--url", server.url]);
    await until(() => server.requests.length >= 1);
    await appendFile(path, '{"n":2}\n{"n":');
    await until(() => server.requests.length >= 2);
    await appendFile(path, "3}\n");
    await until(() => server.requests.length >= 3);
    running.kill("SIGINT");
    const { code, stdout } = await running.finished;
    expect(receivedEvents()).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(stdout).toContain("3 events accepted");
    expect(code).toBe(0);
  });

  it.each([
    ["a missing file", ["nowhere.csv"], "nowhere.csv does not exist"],
    ["a folder", ["."], "is a folder"],
    ["a CSV without a time", ["-"], "no column named timestamp"],
  ])("explains %s", async (_, args, sentence) => {
    const { code, stderr } = await put(args, "a,b\n1,2\n");
    expect(stderr).toContain(sentence);
    expect(code).toBe(1);
  });

  it("explains a truncated gzip file", async () => {
    const path = join(folder, "cut.csv.gz");
    await writeFile(path, gzipSync("timestamp,cpu\n".padEnd(5000, "2026-11-20 10:00:00,1\n")).subarray(0, 60));
    const { code, stderr } = await put([path]);
    expect(stderr).toContain("is not a whole gzip file");
    expect(code).toBe(1);
  });
});

const until = async (condition: () => boolean) => {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 500) throw new Error("the condition did not come true within 10 s");
    await sleep(20);
  }
};
