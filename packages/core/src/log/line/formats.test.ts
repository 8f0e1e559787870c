import fc from "fast-check";
import { expect, test } from "vitest";
import { cloudWatchEvents } from "./cloudwatch.ts";
import { detectFormat, plainFormat } from "./detect.ts";
import { patternFormat } from "./pattern.ts";
import { jsonFormat } from "./structured.ts";

const clock = { nowMs: Date.UTC(2026, 10, 21), zoneMinutes: 0 };
/** Format, and time, level, source and message of a line. */
const told = (line: string) => {
  const format = detectFormat([line], clock);
  const read = format.parse(line, clock);
  const time = read?.timestampMs === undefined ? "" : new Date(read.timestampMs).toISOString().slice(0, 19);
  return [format.name, time, read?.level ?? "", read?.source ?? "", read?.message];
};
const fieldsOf = (line: string) => detectFormat([line], clock).parse(line, clock)?.fields;

test("headers of programs", () => {
  const known: [string, string[]][] = [
    [
      "081109 203615 148 INFO dfs.DataNode$PacketResponder: PacketResponder 1 terminating",
      ["2008-11-09T20:36:15", "INFO", "dfs.DataNode$PacketResponder", "PacketResponder 1 terminating"],
    ],
    [
      "2015-07-29 17:41:44,747 - INFO  [QuorumPeer[myid=1]/0:0:0:2181:Follower@63] - FOLLOWING - ELECTION TOOK - 49",
      ["2015-07-29T17:41:44", "INFO", "", "FOLLOWING - ELECTION TOOK - 49"],
    ],
    [
      "2023-01-01 12:00:00.123  INFO 1234 --- [main] c.e.Application : Started in 2 s",
      ["2023-01-01T12:00:00", "INFO", "c.e.Application", "Started in 2 s"],
    ],
    [
      "2023-01-01 12:00:00,123 - my.name - WARNING - Disk: full",
      ["2023-01-01T12:00:00", "WARNING", "my.name", "Disk: full"],
    ],
    [
      "03-17 16:13:38.811  1702  2395 D WindowManager: opening app",
      ["2026-03-17T16:13:38", "D", "WindowManager", "opening app"],
    ],
    [
      "17/06/09 20:10:40 INFO executor.Backend: Registered: 5",
      ["2017-06-09T20:10:40", "INFO", "executor.Backend", "Registered: 5"],
    ],
    [
      "[Sun Dec 04 04:47:44 2005] [error] mod_jk in error state 6",
      ["2005-12-04T04:47:44", "ERROR", "", "mod_jk in error state 6"],
    ],
    ["2023/01/01 12:00:00 [error] 123#0: *5 open() failed", ["2023-01-01T12:00:00", "ERROR", "", "*5 open() failed"]],
    ["2023-01-01 12:00:00 error: no space", ["2023-01-01T12:00:00", "ERROR", "", "no space"]],
    ["2023-01-01 12:00:00 Error opening file", ["2023-01-01T12:00:00", "", "", "Error opening file"]],
    ["2023-01-01 12:00:00 [a [b] INFO not closed", ["2023-01-01T12:00:00", "", "", "[a [b] INFO not closed"]],
  ];
  for (const [line, expected] of known) expect([line, ...told(line)]).toEqual([line, "header", ...expected]);
  for (const line of ["[2023-01-01 12:00:00 INFO x", "2023-01-01 12:00:00x INFO y", "no time INFO z"]) {
    expect(told(line)[0]).toBe("plain");
  }
});

test("syslog, old and new", () => {
  expect(told("<34>Oct 11 22:14:15 mymachine su[12]: 'su root' failed")).toEqual([
    ...["syslog-3164", "2026-10-11T22:14:15", "CRIT", "su", "'su root' failed"],
  ]);
  expect(told("Jun 14 15:16:02 combo sshd(pam_unix)[19937]: check pass; user unknown")).toEqual([
    ...["syslog-3164", "2026-06-14T15:16:02", "", "sshd(pam_unix)", "check pass; user unknown"],
  ]);
  const line = '<165>1 2003-10-11T22:14:15.003Z host app 12 ID47 [sd@1 a="b \\"c\\"" x="1"][other] \ufeffAn event';
  expect(told(line)).toEqual(["syslog-5424", "2003-10-11T22:14:15", "NOTICE", "app", "An event"]);
  expect(fieldsOf(line)).toEqual({ a: 'b "c"', x: "1", host: "host", pid: "12", messageId: "ID47" });
  expect(told("<165>1 - - - - - -")).toEqual(["syslog-5424", "", "NOTICE", "", ""]);
  expect(told("<165>1 yesterday host app 12 ID47 - x")[0]).toBe("plain");
  expect(told("<34>nothing of the kind")[0]).toBe("plain");
  expect(told("2023/01/01 12:00:00 host app: text")[0]).toBe("header");
});

test("structured lines", () => {
  const pino =
    '{"level":50,"time":1763632800123,"name":"api","http":{"status":502,"deep":{"a":{"b":1}}},"no":null,"msg":"bad"}';
  expect(told(pino)).toEqual(["json", "2025-11-20T10:00:00", "ERROR", "api", "bad"]);
  expect(fieldsOf(pino)).toEqual({ "http.status": "502", "http.deep.a.b": "1" });
  expect(fieldsOf('{"a":{"b":{"c":{"d":{"e":1}}}},"list":[1]}')).toEqual({ "a.b.c.d": '{"e":1}', list: "[1]" });
  expect(told('{"a":1}')).toEqual(["json", "", "", "", '{"a":1}']);
  expect(told('{"a":1')[0]).toBe("plain");
  const wide = `{${Array.from({ length: 100 }, (_, index) => `"f${index}":1`).join(",")}}`;
  expect(Object.keys(fieldsOf(wide)!)).toHaveLength(64);

  const logfmt = 'ts=2023-01-01T12:00:00Z level=warn caller=main.go:12 msg="disk \\"a\\" full" free=3';
  expect(told(logfmt)).toEqual(["logfmt", "2023-01-01T12:00:00", "WARN", "main.go:12", 'disk "a" full']);
  expect(fieldsOf(logfmt)).toEqual({ free: "3" });
  expect(told("level=info path=/a status=")).toEqual(["logfmt", "", "INFO", "", "level=info path=/a status="]);
  for (const line of ["a=1 b=2", "level=info", "level=info and=so on"]) expect(told(line)[0]).toBe("plain");
});

test("web servers and Kubernetes", () => {
  const access = '10.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /x?a=1 HTTP/1.0" 200 2326 "http://r" "curl"';
  expect(told(access)).toEqual([
    ...["access", "2000-10-10T20:55:36", "", "", '"GET /x?a=1 HTTP/1.0" 200 2326 "http://r" "curl"'],
  ]);
  expect(fieldsOf(access)).toEqual({ client: "10.0.0.1", user: "frank", method: "GET", status: "200" });
  expect(fieldsOf('site:80 10.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "-" 400 0')).toEqual({
    ...{ host: "site:80", client: "10.0.0.1", status: "400" },
  });
  expect(told('10.0.0.1 - frank [long ago] "GET /x HTTP/1.0" 200 2326')[0]).toBe("plain");
  expect(told("E0102 15:04:05.678901   12 file.go:12] it failed")).toEqual([
    ...["klog", "2026-01-02T15:04:05", "E", "file.go:12", "it failed"],
  ]);
  expect(told("E1302 15:04:05.678901   12 file.go:12] it failed")[0]).toBe("plain");
  expect(told("2016-10-06T00:17:09.669794202Z stdout F plain words")).toEqual([
    ...["cri", "2016-10-06T00:17:09", "", "", "plain words"],
  ]);
  expect(told('2016-10-06T00:17:09.669794202Z stderr F {"level":"info","msg":"hi"}')).toEqual([
    ...["cri+json", "2016-10-06T00:17:09", "INFO", "", "hi"],
  ]);
  expect(told("2016-99-06T00:17:09.669794202Z stdout F x")[0]).toBe("plain");
});

test("the format of most lines wins, blank and foreign lines aside", () => {
  const sample = ["", "  at a.b(C.java)", "2023-01-01 12:00:00 INFO a.B: x", "2023-01-01 12:00:00 INFO a.B: y"];
  expect(detectFormat(sample, clock).name).toBe("header");
  expect(detectFormat([...sample, ...Array.from({ length: 10 }, () => "words")], clock)).toBe(plainFormat);
  expect(detectFormat([], clock).parse("as it is", clock)).toEqual({ message: "as it is" });
  const wrapped = detectFormat(["2016-10-06T00:17:09Z stdout F level=info msg=hi"], clock);
  expect(wrapped.parse("2016-10-06T00:17:09Z stdout F bye", clock)?.message).toBe("bye");
  expect(wrapped.parse("bye", clock)).toBeUndefined();
});

test("a format given by an example", () => {
  const bgl = patternFormat("<Label> <Timestamp> <Day> <Node> <Component> <Level> <Content>");
  const read = bgl.parse("- 1117838570 2005.06.03 R02 KERNEL info   instruction cache error", clock);
  expect(read).toMatchObject({ level: "INFO", source: "KERNEL", message: "instruction cache error" });
  expect(read?.fields?.Node).toBe("R02");
  const proxifier = patternFormat("[<Time>] <Program> - <Content>");
  expect(proxifier.parse("[2023-01-01 16:49:06] chrome.exe - x - y", clock)).toMatchObject({
    ...{ timestampMs: Date.UTC(2023, 0, 1, 16, 49, 6), message: "x - y", source: "chrome.exe" },
  });
  const quoted = patternFormat('"<Message>"');
  expect(quoted.parse('"hello"', clock)?.message).toBe("hello");
  for (const line of ['"', "hello", '"hello']) expect(quoted.parse(line, clock)).toBeUndefined();
  expect(proxifier.parse("[2023-01-01 16:49:06] chrome.exe", clock)).toBeUndefined();
  expect(() => patternFormat("<Date> <Time>")).toThrow("needs one <Content>");
  expect(() => patternFormat("<Date><Content>")).toThrow("nothing between them");
});

test("records of a CloudWatch Logs subscription", () => {
  const record = {
    ...{ messageType: "DATA_MESSAGE", owner: "1", logGroup: "/aws/lambda/f", logStream: "s" },
    logEvents: [{ id: "1", timestamp: 1763632800123, message: "START\n" }],
  };
  const event = { type: "log", entity: "/aws/lambda/f", timestamp: 1763632800123, message: "START" };
  const eventsOf = (parts: object) => cloudWatchEvents(JSON.stringify({ ...record, ...parts }));
  expect(eventsOf({})).toEqual([{ ...event, tags: { stream: "s" } }]);
  expect(eventsOf({ logStream: undefined })).toEqual([event]);
  expect(eventsOf({ logStream: `${"é".repeat(127)}x😀` })).toMatchObject([{ tags: { stream: `${"é".repeat(127)}x` } }]);
  expect(eventsOf({ logEvents: [null, { timestamp: "1" }] })).toMatchObject([
    { message: undefined },
    { timestamp: "1" },
  ]);
  expect(cloudWatchEvents('{"messageType":"CONTROL_MESSAGE"}')).toEqual([]);
  expect(() => eventsOf({ logEvents: Array.from({ length: 50_001 }, () => 0) })).toThrow("more than 50000 log events");
  const wrong = [{ messageType: "X" }, { logGroup: 1 }, { logEvents: {} }];
  for (const text of ["", "null", ...wrong.map((parts) => JSON.stringify({ ...record, ...parts }))]) {
    expect(() => cloudWatchEvents(text)).toThrow("not a CloudWatch Logs subscription record");
  }
});

test("any text has a format and a message", () => {
  const piece = fc.constantFrom(
    "[",
    "]",
    '"',
    "=",
    "{",
    "2023-01-01 12:00:00",
    "INFO",
    "<34>",
    " - ",
    ": ",
    "a.b",
    "\\",
    "1",
  );
  const text = fc.oneof(
    fc.array(fc.nat(0xffff)).map((codes) => String.fromCharCode(...codes)),
    fc.array(piece, { maxLength: 30 }).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(text, (line) => {
      expect(typeof (detectFormat([line], clock).parse(line, clock)?.message ?? "")).toBe("string");
    }),
  );
});

test("long hostile lines take linear time", () => {
  const startMs = performance.now();
  for (const part of ["[", '"', "a=", '[a b="', "1 ", "2023-01-01 12:00:00 ", "- ", "a.", "{", "<34>", "INFO ", " "]) {
    for (const head of ["", "2023-01-01 12:00:00 ", "<165>1 2003-10-11T22:14:15Z h a 1 I ", "level=x "]) {
      detectFormat([head + part.repeat(100_000)], clock);
    }
  }
  expect(performance.now() - startMs).toBeLessThan(10_000);
});

test("of a structured message with a stack trace in it, the first line is the message", () => {
  const line = JSON.stringify({ level: "error", msg: "payment failed\n\tat a.b(C.java:1)\nCaused by: x", id: "r-1" });
  expect(jsonFormat.parse(line, { nowMs: 0, zoneMinutes: 0 })).toMatchObject({
    ...{ message: "payment failed", level: "ERROR", fields: { id: "r-1" } },
  });
});
