import type { LineFormat } from "./log-line.ts";
import { timestampAt } from "./timestamp.ts";

const ACCESS = new RegExp(
  [
    /^(?:(\S{1,255}:\d{1,5}) )?(\S{1,255}) (\S{1,100}) (.{1,100}?) \[([^\]]{1,40})\] /.source,
    /("(?:([A-Z]{1,20}) )?(?:[^"\\]|\\.)*" (\d{3}) (?:\d+|-).*)$/.source,
  ].join(""),
);

/** Apache's and nginx's common and combined log format. The message begins with the request. */
export const accessFormat: LineFormat = {
  name: "access",
  parse(line, clock) {
    const found = ACCESS.exec(line);
    const time = found && timestampAt(found[5]!, 0, clock);
    if (!found || !time) return undefined;
    const [, host, client, , user, , message, method, status] = found;
    const fields = Object.entries({ host, client, user, method, status });
    const given = fields.filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== "-");
    return { timestampMs: time.timestampMs, message: message!, fields: Object.fromEntries(given) };
  },
};

const CRI = /^(\d{4}-\d\d-\d\dT\S{8,40}) (stdout|stderr) ([FP])(?::\S*)? ?/;

/** Kubernetes' container runtime: `2016-10-06T00:17:09.669794202Z stdout F message`; P marks a part of a line. */
export const criFormat: LineFormat = {
  name: "cri",
  parse(line, clock) {
    const found = CRI.exec(line);
    const time = found && timestampAt(found[1]!, 0, clock);
    if (!found || !time) return undefined;
    const fields = { stream: found[2]!, ...(found[3] === "P" && { partial: "true" }) };
    return { timestampMs: time.timestampMs, message: line.slice(found[0].length), fields };
  },
};
