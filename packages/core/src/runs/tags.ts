import { AppError } from "../errors.ts";
import { runPartKey } from "../store/keys.ts";
import type { Table } from "../store/ports.ts";
import { Tags } from "./run.ts";
import { anyway, removal } from "./write.ts";

/** Sets tags of a run: the last value holds. */
export const setTags = async (
  { table }: { table: Table },
  runId: string,
  tags: Readonly<Record<string, string>>,
): Promise<void> => {
  const puts = Object.entries(Tags.parse(tags)).map(([name, value]) => anyway(runPartKey(runId, "TAG", name), value));
  if (puts.length > 0) await table.putMany(puts);
};

/** @throws AppError NOT_FOUND */
export const deleteTag = async ({ table }: { table: Table }, runId: string, name: string): Promise<void> => {
  const key = runPartKey(runId, "TAG", name);
  const [there] = await table.getMany([key]);
  if (!there) throw new AppError("NOT_FOUND", `No tag with name: ${name} in run with id ${runId}`);
  await table.putMany([removal(key)]);
};
