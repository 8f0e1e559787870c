import { gzipSync } from "node:zlib";

/** Records that are no events, of every kind that a producer gets wrong, each with the reason it must be refused for. */
export type Malformed = { data: Uint8Array; reason: RegExp };

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const TIME = Date.UTC(2026, 10, 20);
const event = (fields: Record<string, unknown>): string =>
  JSON.stringify({ type: "metric", entity: "bad", timestamp: TIME, values: { cpu: 1 }, ...fields });
/** `id` makes every record different, and stands where it does not change the kind. */
const raw = (id: number, values: string): string =>
  `{"type":"metric","entity":"bad-${id}","timestamp":${TIME},"values":${values}}`;

const KINDS: ((id: number) => { data: string | Uint8Array; reason: RegExp })[] = [
  (id) => ({ data: raw(id, '{"cpu":1}').slice(0, 10 + (id % 40)), reason: /^not JSON/ }),
  (id) => ({ data: `plain text ${id}`, reason: /^not JSON/ }),
  (id) => ({ data: raw(id, '{"cpu":NaN}'), reason: /^not JSON/ }),
  (id) => ({ data: raw(id, '{"cpu":-Infinity}'), reason: /^not JSON/ }),
  (id) => ({ data: raw(id, '{"cpu":1,}'), reason: /^not JSON/ }),
  (id) => ({ data: `\uFEFF${raw(id, '{"cpu":1}')}`, reason: /byte order mark/ }),
  () => ({ data: "", reason: /^empty$/ }),
  () => ({ data: "null", reason: /^not a JSON object$/ }),
  (id) => ({ data: String(id), reason: /^not a JSON object$/ }),
  (id) => ({ data: `[${raw(id, '{"cpu":1}')}]`, reason: /^not a JSON object$/ }),
  (id) => ({ data: raw(id, '{"cpu":1e999}'), reason: /^values\.cpu: a value must be a finite number or null$/ }),
  (id) => ({ data: raw(id, `{"cpu":-1${"0".repeat(400)}}`), reason: /^values\.cpu: a value must be a finite number/ }),
  (id) => ({ data: raw(id, `{"cpu":"${id}"}`), reason: /^values\.cpu: a value must be/ }),
  (id) => ({ data: raw(id, `{"cpu":[${id}]}`), reason: /^values\.cpu: a value must be/ }),
  (id) => ({ data: raw(id, '{"cpu":true}'), reason: /^values\.cpu: a value must be/ }),
  (id) => ({ data: raw(id, "{}"), reason: /^values must have 1 to 64 metrics$/ }),
  (id) => ({ data: raw(id, "[1]"), reason: /^values must be an object$/ }),
  (id) => ({ data: raw(id, `{"cpu":1,"__proto__":${id}}`), reason: /"__proto__" is not allowed$/ }),
  (id) => ({ data: raw(id, JSON.stringify(manyMetrics(65))), reason: /^values must have 1 to 64 metrics$/ }),
  (id) => ({ data: event({ entity: id }), reason: /^entity must be a string$/ }),
  () => ({ data: event({ entity: "" }), reason: /^entity must not be empty$/ }),
  (id) => ({ data: event({ entity: `${id}${"é".repeat(200)}` }), reason: /^entity must be at most 256 bytes/ }),
  (id) => ({ data: event({ entity: `${id}\ud800` }), reason: /^entity must be well-formed/ }),
  (id) => ({ data: event({ entity: `${id}`, timestamp: 1_763_632_800 }), reason: /^timestamp must lie between/ }),
  (id) => ({ data: event({ entity: `${id}`, timestamp: -1e15 }), reason: /^timestamp must lie between/ }),
  (id) => ({ data: event({ entity: `${id}`, timestamp: 1e15 }), reason: /^timestamp must lie between/ }),
  (id) => ({ data: event({ entity: `${id}`, timestamp: "0001-01-01T00:00:00Z" }), reason: /^timestamp must lie/ }),
  (id) => ({ data: event({ entity: `${id}`, timestamp: "9999-12-31T23:59:59Z" }), reason: /^timestamp must lie/ }),
  (id) => ({ data: event({ entity: `${id}`, timestamp: "yesterday" }), reason: /^timestamp must be RFC 3339/ }),
  (id) => ({ data: event({ entity: `${id}`, timestamp: null }), reason: /^timestamp must be RFC 3339/ }),
  (id) => ({ data: event({ entity: `${id}`, timestamp: TIME + 0.5 }), reason: /^timestamp must be RFC 3339/ }),
  (id) => ({ data: event({ [`key-${id}`]: 1 }), reason: /^unknown key "key-\d+"$/ }),
  (id) => ({ data: event({ type: `type-${id}` }), reason: /^type: must be "metric" or "log"$/ }),
  (id) => ({ data: event({ type: id }), reason: /^type: must be/ }),
  (id) => ({ data: JSON.stringify({ id }), reason: /^type: must be/ }),
  (id) => ({ data: event({ entity: `${id}`, tags: { env: id } }), reason: /^tags\.env: tag value must be a string$/ }),
  (id) => ({ data: event({ entity: `${id}`, tags: ["env"] }), reason: /^tags must be an object$/ }),
  (id) => ({ data: JSON.stringify({ type: "log", entity: `${id}`, timestamp: TIME }), reason: /^message must be/ }),
  (id) => ({ data: raw(id, `${"[".repeat(500)}${"]".repeat(500)}`), reason: /^nested deeper than/ }),
  (id) => ({ data: `${'{"a":'.repeat(300)}${id}${"}".repeat(300)}`, reason: /^nested deeper than/ }),
  (id) => ({ data: Uint8Array.of(0xff, 0xfe, id & 0xff, (id >> 8) & 0xff, 0x80), reason: /^not UTF-8$/ }),
  (id) => ({ data: Uint8Array.of(0x7b, 0x22, 0xc3, 0x28, id & 0xff, 0x7d), reason: /^not UTF-8$/ }),
  (id) => ({ data: Uint8Array.of(0, 0, id & 0x7f), reason: /^not JSON/ }),
  (id) => ({ data: Uint8Array.of(0x1f, 0x8b, 8, id & 0xff, (id >> 8) & 0xff), reason: /^cannot be inflated to/ }),
  (id) => ({ data: `H4sI${id}!`, reason: /^cannot be inflated to .*: not base64$/ }),
  (id) => ({ data: gzipSync(raw(id, '{"cpu":1}')), reason: /^not a CloudWatch Logs subscription record/ }),
];

const manyMetrics = (count: number): Record<string, number> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`m${index}`, index]));

export const malformed = (id: number): Malformed => {
  const { data, reason } = KINDS[id % KINDS.length]!(id);
  return { data: typeof data === "string" ? utf8(data) : data, reason };
};
