import { AppError } from "../errors.ts";
import { runPartKey } from "../store/keys.ts";
import type { Table } from "../store/ports.ts";
import { Params } from "./run.ts";
import { documentOf } from "./write.ts";

/**
 * Logs params of a run. A param is said once: the same value again is harmless, another one is refused, and none of the
 * call is written then (unless somebody else logs it at the same moment).
 * @throws AppError VALIDATION
 */
export const logParams = async (
  { table }: { table: Table },
  runId: string,
  params: Readonly<Record<string, string>>,
): Promise<void> => {
  const names = Object.keys(Params.parse(params));
  if (names.length === 0) return;
  const keys = names.map((name) => runPartKey(runId, "PARAM", name));
  const checkSame = async () => {
    const there = await table.getMany(keys);
    for (const [at, item] of there.entries()) {
      const name = names[at]!;
      if (item && documentOf(item) !== params[name])
        throw changed(runId, name, String(documentOf(item)), params[name]!);
    }
    return there;
  };
  const there = await checkSame();
  const puts = keys.flatMap((key, at) => {
    const doc = JSON.stringify(params[names[at]!]);
    return there[at] ? [] : [{ item: { ...key, version: 1, doc }, condition: { kind: "absent" } as const }];
  });
  const outcomes = await table.putMany(puts);
  if (outcomes.includes("conflict")) await checkSame();
};

const changed = (runId: string, name: string, before: string, after: string): AppError =>
  new AppError(
    "VALIDATION",
    `Changing param values is not allowed. Param with key='${name}' was already logged with value='${before}' for run ` +
      `ID='${runId}'. Attempted logging new value '${after}'.`,
  );
