import { runListPk } from "../store/keys.ts";
import type { Table } from "../store/ports.ts";
import type { LifecycleStage, Run } from "./run.ts";
import { getRun } from "./runs.ts";

/** Runs that are read at the same time. */
const AT_ONCE = 16;

export type RunListQuery = {
  limit: number;
  /** Only those behind this place: goes on where an earlier answer ended. */
  after?: string | undefined;
  /** Default: active ones. */
  stages?: readonly LifecycleStage[];
};
/** `after` goes on behind this page; `undefined` at the end. */
export type RunPage = { runs: Run[]; after: string | undefined };

/** Runs of an experiment, the latest start first. A page may hold fewer than asked for, and go on all the same. */
export const listRuns = async (
  ports: { table: Table },
  experimentId: string,
  { limit, after, stages = ["active"] }: RunListQuery,
): Promise<RunPage> => {
  const { ids, after: next } = await runIdsOf(ports, experimentId, { limit, after });
  const runs = (
    await readRuns(
      ports,
      ids.map(({ id }) => id),
    )
  ).filter(({ stage }) => stages.includes(stage));
  return { runs, after: next };
};

/** An experiment's runs by id and place, the latest start first, and where to go on. */
export const runIdsOf = async (
  { table }: { table: Table },
  experimentId: string,
  { limit, after }: Pick<RunListQuery, "limit" | "after">,
): Promise<{ ids: { id: string; sk: string }[]; after: string | undefined }> => {
  // The bounds are inclusive: what is asked for begins with the last of the page before.
  const more = after === undefined ? 1 : 2;
  const bounds = after === undefined ? {} : { to: after };
  const pk = runListPk(experimentId);
  const items = await table.query({ pk, ...bounds, order: "descending", limit: limit + more });
  const wanted = items.filter(({ sk }) => sk !== after);
  const page = wanted.slice(0, limit);
  const ids = page.map(({ sk }) => ({ id: sk.slice(sk.indexOf("#") + 1), sk }));
  return { ids, after: wanted.length > limit ? page.at(-1)?.sk : undefined };
};

/** In the order of the ids. */
export const readRuns = async (ports: { table: Table }, ids: readonly string[]): Promise<Run[]> => {
  const runs: Run[] = [];
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    runs.push(...(await Promise.all(ids.slice(at, at + AT_ONCE).map((id) => getRun(ports, id)))));
  }
  return runs;
};
