import { AppError } from "../../errors.ts";
import type { Table } from "../../store/ports.ts";
import { readRuns, runIdsOf } from "../list.ts";
import type { LifecycleStage, Run } from "../run.ts";
import { type Lookup, RUN_DOMAIN } from "./fields.ts";
import { matches } from "./matches.ts";
import { parseOrder, sorted } from "./order.ts";
import { parseFilter } from "./parse.ts";

/** Runs that one search reads when it gives them by their start, before it hands out a page that may be short. */
const MAX_READ = 2000;
/** Runs that one search reads when it has to sort them. */
const MAX_SORTED = 10_000;
const BATCH = 100;

export type RunSearch = {
  experimentIds: readonly string[];
  filter: string;
  orderBy: readonly string[];
  stages: readonly LifecycleStage[];
  limit: number;
  /** Where an earlier page ended. */
  after?: string | undefined;
};
/** `after` goes on behind this page; `undefined` at the end. A page may be short, and go on all the same. */
export type FoundRuns = { runs: Run[]; after: string | undefined };

/** The latest start first, unless said otherwise. @throws AppError VALIDATION for a filter or an order that is none */
export const searchRuns = async (ports: { table: Table }, search: RunSearch): Promise<FoundRuns> => {
  const comparisons = parseFilter(search.filter, RUN_DOMAIN);
  const orders = parseOrder(search.orderBy, RUN_DOMAIN);
  const isWanted = (run: Run) => search.stages.includes(run.stage) && matches(comparisons, lookupIn(run));
  if (orders.length === 0) return byStart(ports, search, isWanted);
  const offset = search.after === undefined ? 0 : Number(search.after);
  if (!Number.isSafeInteger(offset)) throw new AppError("VALIDATION", "The page token is not one of this search.");
  const found = (
    await readRuns(
      ports,
      (await latest(ports, search, MAX_SORTED)).map(({ id }) => id),
    )
  ).filter(isWanted);
  const all = sorted(found, orders, lookupIn, (a, b) => b.startMs - a.startMs || (a.id < b.id ? -1 : 1));
  const end = offset + search.limit;
  return { runs: all.slice(offset, end), after: end < all.length ? String(end) : undefined };
};

const byStart = async (
  ports: { table: Table },
  search: RunSearch,
  isWanted: (run: Run) => boolean,
): Promise<FoundRuns> => {
  const listed = await latest(ports, search, MAX_READ, search.after);
  const runs: Run[] = [];
  for (let at = 0; at < listed.length; at += BATCH) {
    const batch = listed.slice(at, at + BATCH);
    for (const [index, run] of (
      await readRuns(
        ports,
        batch.map(({ id }) => id),
      )
    ).entries()) {
      if (!isWanted(run)) continue;
      if (runs.length === search.limit) return { runs, after: listed[at + index - 1]!.sk };
      runs.push(run);
    }
  }
  return { runs, after: listed.length === MAX_READ ? listed.at(-1)!.sk : undefined };
};

/** Ids of the runs of all experiments, the latest start first, at most so many; sorted ones must not be more. */
const latest = async (
  ports: { table: Table },
  { experimentIds }: RunSearch,
  most: number,
  after?: string,
): Promise<{ id: string; sk: string }[]> => {
  const lists = await Promise.all([...new Set(experimentIds)].map((id) => runIdsOf(ports, id, { limit: most, after })));
  const isCut = lists.some((list) => list.after !== undefined);
  const all = lists.flatMap(({ ids }) => ids).sort((a, b) => (a.sk < b.sk ? 1 : -1));
  if (most === MAX_SORTED && (isCut || all.length > most)) {
    throw new AppError(
      "VALIDATION",
      `More than ${MAX_SORTED} runs would have to be sorted: search fewer experiments, or leave order_by out.`,
    );
  }
  return all.slice(0, most);
};

const lookupIn =
  (run: Run): Lookup =>
  ({ kind, key }) => {
    if (kind === "metric") return own(run.metrics, key)?.value;
    if (kind === "param") return own(run.params, key);
    if (kind === "tag") return own(run.tags, key);
    if (kind === "dataset") return run.inputs.flatMap((input) => datasetField(input, key));
    return attributesOf(run)[key];
  };

const own = <T>(record: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;

const attributesOf = (run: Run): Record<string, string | number | undefined> => ({
  ...{ run_id: run.id, run_name: run.name, status: run.status, user_id: run.userId, start_time: run.startMs },
  ...{ end_time: run.endMs, experiment_id: run.experimentId, lifecycle_stage: run.stage },
  artifact_uri: artifactUri(run.id),
});

/** Where MLflow's clients find a run's artifacts: through this server. */
export const artifactUri = (runId: string): string => `mlflow-artifacts:/runs/${runId}/artifacts`;

const datasetField = ({ name, digest, tags }: Run["inputs"][number], key: string): string[] => {
  const value = { name, digest, context: tags["mlflow.data.context"] }[key];
  return value === undefined ? [] : [value];
};
