import { stateOf } from "@tidewatch/core/access/key";
import type { KeyDocument } from "@tidewatch/functions/api/schemas/keys";
import { table } from "../output/table.ts";

const time = (ms: number | null): string | null =>
  ms === null ? null : `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")}Z`;

export const keyTable = (keys: readonly KeyDocument[], nowMs: number): string => {
  const rows = keys.map((key) => [
    ...[key.id, key.name, key.scopes.join(", "), key.ratePerMinute],
    ...[time(key.createdAtMs), time(key.expiresAtMs) ?? "never", time(key.lastUsedAtMs) ?? "never"],
    stateOf({ ...known(key, "expiresAtMs"), ...known(key, "revokedAtMs") }, nowMs),
  ]);
  return table(["id", "name", "scopes", "per minute", "created", "expires", "last used", "state"], rows);
};

const known = <Name extends "expiresAtMs" | "revokedAtMs">(key: KeyDocument, name: Name) =>
  key[name] === null ? {} : ({ [name]: key[name] } as Record<Name, number>);

/** For people, beside the token itself. */
export const createdText = ({ id, name, scopes, ratePerMinute, expiresAtMs }: KeyDocument): string => {
  const ends = expiresAtMs === null ? "does not expire" : `expires ${time(expiresAtMs)}`;
  const rate = `${ratePerMinute.toLocaleString("en-US")} requests a minute`;
  return `Key ${id} ("${name}"): ${scopes.join(", ")}; ${rate}; ${ends}.\nIts token is shown this once; keep it safe:`;
};
