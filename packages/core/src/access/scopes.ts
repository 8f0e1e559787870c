import { z } from "zod";

/** What a key may do, from the least to the most. */
export const SCOPES = ["ingest", "read", "operate", "admin"] as const;
export const Scope = z.enum(SCOPES);
export type Scope = z.output<typeof Scope>;

/** `ingest` stands alone: who sends events need not see any, and who watches need not send. */
const IMPLIED: Record<Scope, readonly Scope[]> = {
  ingest: ["ingest"],
  read: ["read"],
  operate: ["operate", "read"],
  admin: SCOPES,
};

/** Whether one of the scopes is the needed one or implies it. */
export const grants = (scopes: readonly Scope[], needed: Scope): boolean =>
  scopes.some((scope) => IMPLIED[scope].includes(needed));
