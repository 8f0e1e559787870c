import { z } from "zod";
import { AppError } from "../../errors.ts";
import type { SessionModel } from "./session-model.ts";
import { modelOf } from "./signature.ts";

const count = z.int().nonnegative();
const share = z.number().min(0).max(1);
const byTemplate = <T extends z.ZodType>(value: T) => z.array(z.tuple([z.string(), value]));

/** A session model as JSON, version 1. Lists are sorted: equal models are equal text. */
const SessionDocument = z.strictObject({
  version: z.literal(1),
  params: z.strictObject({
    training: z.enum(["normal", "unlabelled"]),
    freeValues: count,
    freeShare: share,
    rareShare: share,
    severeShare: share,
  }),
  sessions: count,
  templates: z.array(z.string()),
  free: z.array(z.string()),
  severe: z.array(z.string()),
  signatures: z.array(z.strictObject({ counts: z.array(count), sessions: count })),
  rules: z
    .strictObject({ rareShare: share, bins: byTemplate(z.array(z.tuple([count, count]))), usual: byTemplate(count) })
    .optional(),
});
export type SessionDocument = z.infer<typeof SessionDocument>;

export const documentOf = ({ signatures: model, rules }: SessionModel): SessionDocument => ({
  version: 1,
  params: model.params,
  sessions: model.sessions,
  templates: [...model.templates],
  free: [...model.free].sort(),
  severe: [...model.severe].sort(),
  signatures: model.signatures.map(({ counts, sessions }) => ({ counts: [...counts], sessions })),
  ...(rules && {
    rules: {
      rareShare: rules.rareShare,
      bins: sorted(rules.bins).map(([id, bins]): [string, [number, number][]] => [
        id,
        [...bins].sort(([a], [b]) => a - b),
      ]),
      usual: sorted(rules.usual),
    },
  }),
});

/** Throws `CORRUPT` on anything that `documentOf` cannot have written. @param what names the document in errors */
export const sessionModelOf = (document: unknown, what: string): SessionModel => {
  const parsed = SessionDocument.safeParse(document);
  if (!parsed.success) throw new AppError("CORRUPT", `${what} is no session model: ${z.prettifyError(parsed.error)}`);
  const { params, sessions, templates, free, severe, signatures, rules } = parsed.data;
  if (signatures.some(({ counts }) => counts.length !== templates.length)) {
    throw new AppError("CORRUPT", `${what} has a signature that is not as long as its templates`);
  }
  const base = { params, sessions, templates, free: new Set(free), severe: new Set(severe) };
  return {
    signatures: modelOf(base, signatures),
    rules: rules && {
      ...{ sessions, rareShare: rules.rareShare, usual: new Map(rules.usual) },
      bins: new Map(rules.bins.map(([id, bins]) => [id, new Map(bins)])),
    },
  };
};

const sorted = <T>(map: ReadonlyMap<string, T>): [string, T][] => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
