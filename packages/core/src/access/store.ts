import { AppError } from "../errors.ts";
import { apiKeyKey, apiKeyUseKey } from "../store/keys.ts";
import type { Clock, Item, Table } from "../store/ports.ts";
import { ApiKey, type NewKey } from "./key.ts";
import { SCOPES } from "./scopes.ts";
import { hashSecret, newToken, type SecureRandom, tokenText } from "./token.ts";

export type KeyPorts = { table: Table; clock: Clock; random: SecureRandom };
/** `lastUsedAtMs` is at most some two minutes old while the key is in use; `undefined` before the first time. */
export type StoredKey = { key: ApiKey; version: number; lastUsedAtMs: number | undefined };

/** A revoked key stays in the list this long, so that one sees what became of it. 90 days. */
const REVOKED_KEPT_MS = 90 * 24 * 3_600_000;
/** Others that change the same key in between; each time it is read again. */
const MAX_ATTEMPTS = 10;

/**
 * Makes a key. The token is in the answer and nowhere else.
 * @throws AppError VALIDATION when it would end before it begins
 */
export const createKey = async (
  { table, clock, random }: KeyPorts,
  wanted: NewKey,
): Promise<{ key: ApiKey; token: string }> => {
  const nowMs = clock();
  if (wanted.expiresAtMs !== undefined && wanted.expiresAtMs <= nowMs) {
    throw new AppError("VALIDATION", "The key would have ended already: expiresAtMs must lie in the future.");
  }
  const token = newToken(random);
  const { name, ratePerMinute, expiresAtMs } = wanted;
  const key: ApiKey = {
    ...{ id: token.id, name, ratePerMinute, createdAtMs: nowMs },
    scopes: SCOPES.filter((scope) => wanted.scopes.includes(scope)),
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
    ...hashSecret(token.secret, random),
  };
  const item = { ...apiKeyKey(key.id), version: 1, doc: JSON.stringify(key) };
  const [outcome] = await table.putMany([{ item, condition: { kind: "absent" } }]);
  if (outcome === "conflict") throw new AppError("CONFLICT", "The new key's id is taken; ask again for another.");
  return { key, token: tokenText(token) };
};

export const findKey = async (table: Table, id: string): Promise<StoredKey | undefined> => {
  const [item, use] = await table.getMany([apiKeyKey(id), apiKeyUseKey(id)]);
  return item && { ...parse(item), lastUsedAtMs: use?.version };
};

/** Keys in the order of their ids, after `after`: revoked and expired ones too. */
export const listKeys = async (table: Table, { after, limit }: { after: string; limit: number }) => {
  // "!" sorts below every character of an id.
  const items = await table.query({ pk: apiKeyKey("").pk, from: `${after}!`, limit });
  const uses = await table.getMany(items.map(({ sk }) => apiKeyUseKey(sk)));
  return items.map((item, index): StoredKey => ({ ...parse(item), lastUsedAtMs: uses[index]?.version }));
};

/** Ends a key; one that is revoked stays as it is. @throws AppError NOT_FOUND */
export const revokeKey = async ({ table, clock }: Omit<KeyPorts, "random">, id: string): Promise<void> => {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const stored = await findKey(table, id);
    if (!stored) throw new AppError("NOT_FOUND", `There is no key "${id}".`);
    if (stored.key.revokedAtMs !== undefined) return;
    const revokedAtMs = clock();
    const doc = JSON.stringify({ ...stored.key, revokedAtMs } satisfies ApiKey);
    const item = { ...apiKeyKey(id), version: stored.version + 1, doc, expiresAtMs: revokedAtMs + REVOKED_KEPT_MS };
    const [outcome] = await table.putMany([{ item, condition: { kind: "version", version: stored.version } }]);
    if (outcome === "written") return;
  }
  throw new AppError("CONFLICT", `Others keep changing key "${id}"; try again.`);
};

/**
 * Remembers when a key was used, in an item of its own: the key's document is never written by its use, so no race can
 * bring back one that was revoked. When others have written since `previousMs`, theirs stays.
 */
export const noteUse = async (
  table: Table,
  id: string,
  previousMs: number | undefined,
  nowMs: number,
): Promise<void> => {
  const condition =
    previousMs === undefined ? ({ kind: "absent" } as const) : ({ kind: "version", version: previousMs } as const);
  await table.putMany([{ item: { ...apiKeyUseKey(id), version: nowMs }, condition }]);
};

const parse = (item: Item): { key: ApiKey; version: number } => {
  const parsed = ApiKey.safeParse(JSON.parse(item.doc ?? "null"));
  if (!parsed.success) throw new AppError("CORRUPT", `the stored API key ${item.sk} cannot be read: make another`);
  return { key: parsed.data, version: item.version };
};
