import type { LineFormat } from "./log-line.ts";
import { timestampAt } from "./timestamp.ts";

/** Names of the severities 0 to 7. Source: RFC 5424 §6.2.1, as syslog.conf spells them. */
const SEVERITIES = ["EMERG", "ALERT", "CRIT", "ERROR", "WARN", "NOTICE", "INFO", "DEBUG"];

const levelOf = (priority: string | undefined): { level?: string } =>
  priority === undefined ? {} : { level: SEVERITIES[Number(priority) % 8]! };

const given = (fields: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== "-"),
  );

const HEADER_5424 = /^<(\d{1,3})>[1-9]\d? (\S{1,40}) (\S{1,255}) (\S{1,48}) (\S{1,128}) (\S{1,32}) /;
/** `[id name="value" …]…`, where a value escapes `"`, `\` and `]`. */
const STRUCTURED = /(?:\[[^\s="\]]{1,32}(?: [^\s="\]]{1,32}="(?:[^"\\\]]|\\.)*")*\])+/y;
const PARAMETER = / ([^\s="\]]{1,32})="((?:[^"\\\]]|\\.)*)"/g;

/** `<165>1 2003-10-11T22:14:15.003Z host app 12 ID47 [sd a="b"] message`. Source: RFC 5424 §6. */
export const syslog5424Format: LineFormat = {
  name: "syslog-5424",
  parse(line, clock) {
    const found = HEADER_5424.exec(line);
    if (!found) return undefined;
    const [header, priority, time, host, app, pid, messageId] = found as unknown as [string, ...string[]];
    const timestampMs = time === "-" ? undefined : timestampAt(time!, 0, clock)?.timestampMs;
    if (time !== "-" && timestampMs === undefined) return undefined;
    let at = header.length;
    STRUCTURED.lastIndex = at;
    const structured = STRUCTURED.exec(line)?.[0] ?? "";
    at += structured.length || (line[at] === "-" ? 1 : 0);
    const parameters = [...structured.matchAll(PARAMETER)].map(([, name, value]) => [
      name,
      value!.replaceAll(/\\(["\\\]])/g, "$1"),
    ]);
    return {
      ...(timestampMs !== undefined && { timestampMs }),
      ...levelOf(priority),
      ...(app !== "-" && { source: app! }),
      message: line.slice(at).replace(/^ ?(?:\ufeff)?/, ""),
      fields: { ...Object.fromEntries(parameters), ...given({ host, pid, messageId }) },
    };
  },
};

const PRIORITY = /<(\d{1,3})>/y;
const HOST_AND_TAG = / (\S{1,255}) ([^\s:[]{1,64}(?: [^\s:[]{1,64})?)(?:\[([^\]\s]{1,64})\])?: ?/y;

/** `<34>Oct 11 22:14:15 host su[123]: message`, with or without its priority. Source: RFC 3164 §4.1. */
export const syslog3164Format: LineFormat = {
  name: "syslog-3164",
  parse(line, clock) {
    PRIORITY.lastIndex = 0;
    const priority = PRIORITY.exec(line)?.[1];
    const time = timestampAt(line, priority === undefined ? 0 : PRIORITY.lastIndex, clock);
    if (!time) return undefined;
    HOST_AND_TAG.lastIndex = time.end;
    const [header, host, tag, pid] = HOST_AND_TAG.exec(line) ?? [];
    // Without a priority, a time and a colon somewhere are not enough: other headers begin with a date and a level.
    if (header === undefined || (priority === undefined && !/^[A-Z][a-z]{2} |^\d{4}-\d\d-\d\dT/.test(line)))
      return undefined;
    return {
      timestampMs: time.timestampMs,
      ...levelOf(priority),
      source: tag!,
      message: line.slice(time.end + header.length),
      fields: given({ host, pid }),
    };
  },
};
