/** How often each template came in a session, by current template ids. */
export type TemplateCounts = ReadonlyMap<string, number>;

export type SignatureParams = {
  /** Whether every training session is known to be normal, or a few anomalies may be among them. */
  training: "normal" | "unlabelled";
  /** A template whose count takes so many values (0 included, large ones by their magnitude) … */
  freeValues: number;
  /** … each in at least this share of the sessions is free: it says nothing. */
  freeShare: number;
  /** Sessions like less than this share of the training are anomalous, if they may hold anomalies … */
  rareShare: number;
  /** … or, among normal ones, if the session holds a template that tells of trouble. */
  severeShare: number;
};

/** Plateaus, not points: on HDFS, .005–.015, .01–.1 and .005–.02 give the same verdicts. */
export const SIGNATURE_PARAMS: SignatureParams = {
  training: "normal",
  freeValues: 3,
  freeShare: 0.015,
  rareShare: 0.02,
  severeShare: 0.01,
};

/** Signatures kept; beyond, the rarest are forgotten, which makes their sessions as rare as unseen ones. */
const MAX_SIGNATURES = 10_000;
/** Normal signatures that a session is compared with, the most frequent first. */
const MAX_COMPARED = 1000;

/**
 * What the sessions of a log look like: the counts of all templates that are not free, and how many sessions had
 * exactly those. `signatures` is by frequency; each lists counts in the order of `templates`.
 */
export type SignatureModel = {
  params: SignatureParams;
  sessions: number;
  templates: readonly string[];
  severe: ReadonlySet<string>;
  free: ReadonlySet<string>;
  signatures: readonly Signature[];
  byKey: ReadonlyMap<string, Signature>;
  /** Most lines of each template in any normal signature. */
  most: ReadonlyMap<string, number>;
};
export type Signature = { counts: readonly number[]; sessions: number; isNormal: boolean };

/** A template of which a session has more or fewer lines than the nearest normal sessions. */
export type Difference = { templateId: string; count: number };

/**
 * `score` is −log10 of how many times more frequent such sessions would have to be: above 0 is anomalous. `distance` is
 * the number of lines by which the session differs from `nearest`, the nearest normal signature.
 */
export type SignatureScore = {
  score: number;
  isAnomalous: boolean;
  seen: number;
  nearest: Signature | undefined;
  distance: number;
  missing: Difference[];
  extra: Difference[];
};

/** Learns the signatures of the training sessions. `severe` are templates that tell of trouble (see `severity.ts`). */
export const fitSignatures = (
  training: readonly TemplateCounts[],
  severe: ReadonlySet<string>,
  params: SignatureParams = SIGNATURE_PARAMS,
): SignatureModel => {
  const sessions = training.length;
  const known = [...new Set(training.flatMap((counts) => [...counts.keys()]))].sort();
  const free = new Set(known.filter((id) => isFree(id, training, params)));
  const templates = known.filter((id) => !free.has(id));
  const byKey = new Map<string, { counts: number[]; sessions: number }>();
  for (const session of training) {
    const counts = templates.map((id) => session.get(id) ?? 0);
    const key = counts.join(" ");
    const signature = byKey.get(key) ?? { counts, sessions: 0 };
    signature.sessions++;
    byKey.set(key, signature);
  }
  const ordered = [...byKey].sort(([a, { sessions: m }], [b, { sessions: n }]) => n - m || (a < b ? -1 : 1));
  const kept = ordered.slice(0, MAX_SIGNATURES).map(([, signature]) => signature);
  return modelOf({ params, sessions, templates, severe, free }, kept);
};

/** The model with what follows from its signatures, the most frequent first. */
export const modelOf = (
  base: Pick<SignatureModel, "params" | "sessions" | "templates" | "severe" | "free">,
  counted: readonly Omit<Signature, "isNormal">[],
): SignatureModel => {
  const signatures = counted.map(({ counts, sessions }): Signature => {
    const holds = base.templates.filter((_, index) => counts[index]! > 0);
    return { counts, sessions, isNormal: rarity(base, sessions, holds) <= 0 };
  });
  const byKey = new Map(signatures.map((signature) => [signature.counts.join(" "), signature]));
  return { ...base, signatures, byKey, most: mostOf(base.templates, signatures) };
};

/**
 * Share of the training sessions that the model itself calls normal: below .8, signatures are too fine for this log.
 */
export const coverage = ({ signatures, sessions }: SignatureModel): number =>
  signatures.reduce((sum, signature) => sum + (signature.isNormal ? signature.sessions : 0), 0) / Math.max(1, sessions);

export const scoreSignature = (model: SignatureModel, counts: TemplateCounts): SignatureScore => {
  const own = model.templates.map((id) => counts.get(id) ?? 0);
  const seen = isKnown(model, counts) ? (model.byKey.get(own.join(" "))?.sessions ?? 0) : 0;
  const score = rarity(model, seen, [...counts.keys()]);
  const { nearest, distance } = nearestNormal(model, own, counts);
  const ids = new Set([...model.templates, ...counts.keys()].filter((id) => !model.free.has(id)));
  const place = new Map(model.templates.map((id, index) => [id, index]));
  const usual = (id: string): number => nearest?.counts[place.get(id) ?? -1] ?? 0;
  const differences = Array.from(ids, (id) => ({ templateId: id, count: (counts.get(id) ?? 0) - usual(id) }));
  return {
    ...{ score, isAnomalous: score > 0, seen, nearest, distance },
    missing: differences
      .filter(({ count }) => count < 0)
      .map(({ templateId, count }) => ({ templateId, count: -count })),
    extra: differences.filter(({ count }) => count > 0),
  };
};

/**
 * The template that makes an open session anomalous whatever comes: there are more of it than in any normal signature.
 * `undefined` while the session can still become normal.
 */
export const decisiveTemplate = (model: SignatureModel, counts: TemplateCounts): string | undefined => {
  for (const [id, count] of counts) if (isTooMany(model, id, count)) return id;
  return undefined;
};

/** More than any normal signature has, of a template that is not free. */
export const isTooMany = ({ free, most }: SignatureModel, id: string, count: number): boolean =>
  !free.has(id) && count > (most.get(id) ?? 0);

/** Counts that are alike: 0, 1, 2, 3, then doubling, 4–6, 7–12, 13–24 … */
export const binOf = (count: number): number => (count <= 3 ? count : 3 + Math.ceil(Math.log2(count / 3)));

const isFree = (id: string, training: readonly TemplateCounts[], params: SignatureParams): boolean => {
  const sessions = new Map<number, number>();
  for (const counts of training) {
    const bin = binOf(counts.get(id) ?? 0);
    sessions.set(bin, (sessions.get(bin) ?? 0) + 1);
  }
  const frequent = [...sessions.values()].filter((number) => number >= params.freeShare * training.length);
  return frequent.length >= params.freeValues;
};

const isKnown = ({ templates, free }: SignatureModel, counts: TemplateCounts): boolean => {
  const known = new Set(templates);
  return [...counts.keys()].every((id) => known.has(id) || free.has(id));
};

/** log10 of the share that a session would need, over the share that it has; half a session for none. */
const rarity = (
  { params, sessions, severe }: Pick<SignatureModel, "params" | "sessions" | "severe">,
  seen: number,
  holds: readonly string[],
): number => {
  const { training, rareShare, severeShare } = params;
  const unseen = 1 / (sessions + 1);
  const share = training === "unlabelled" ? rareShare : holds.some((id) => severe.has(id)) ? severeShare : unseen;
  return Math.log10(Math.max(share, unseen) * (sessions + 1)) - Math.log10(seen + 0.5);
};

const nearestNormal = (model: SignatureModel, own: readonly number[], counts: TemplateCounts) => {
  const known = new Set([...model.templates, ...model.free]);
  let unknown = 0;
  for (const [id, count] of counts) if (!known.has(id)) unknown += count;
  let nearest: Signature | undefined;
  let distance = Number.POSITIVE_INFINITY;
  for (const signature of model.signatures.slice(0, MAX_COMPARED)) {
    if (!signature.isNormal) continue;
    const lines = own.reduce((sum, count, index) => sum + Math.abs(count - signature.counts[index]!), unknown);
    if (lines >= distance) continue;
    nearest = signature;
    distance = lines;
  }
  return { nearest, distance };
};

const mostOf = (templates: readonly string[], signatures: readonly Signature[]): Map<string, number> => {
  const most = new Map(templates.map((id) => [id, 0]));
  for (const { counts, isNormal } of signatures) {
    if (!isNormal) continue;
    for (const [index, id] of templates.entries()) most.set(id, Math.max(most.get(id)!, counts[index]!));
  }
  return most;
};
