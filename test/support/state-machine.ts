import { AppError } from "@tidewatch/core/errors";

/**
 * As much of the Amazon States Language as our state machine speaks: https://states-language.net. What it does not know is an
 * error, so that nothing is passed over.
 */

type Rule = {
  Variable: string;
  StringEquals?: string;
  NumericGreaterThan?: number;
  IsPresent?: boolean;
  Next: string;
};
type State = {
  Type: string;
  Next?: string;
  Choices?: Rule[];
  SecondsPath?: string;
  Parameters?: Record<string, unknown>;
  Retry?: { ErrorEquals: string[]; MaxAttempts: number }[];
  ItemReader?: { Parameters: Record<string, unknown> };
  Catch?: { ErrorEquals: string[]; ResultPath: string; Next: string }[];
};
export type Machine = { StartAt: string; States: Record<string, State> };
type Data = Record<string, unknown>;

export type Execution = {
  end: "Succeed" | "Fail" | "killed";
  /** States in their order, without those that only choose. */
  path: string[];
  data: Data;
};

type Host = {
  task: (state: string, input: Data) => Promise<object>;
  wait: (seconds: number) => void;
  /** A distributed map, by the key of its items' list. */
  map?: (key: string) => Promise<void>;
};
const nothing = () => Promise.reject(new Error("there is no map here"));

/** An execution from its input to its end. @param most transitions before it is killed */
export const execute = async (
  machine: Machine,
  { name, input }: { name: string; input: object },
  { task, wait, map = nothing }: Host,
  most = 1000,
): Promise<Execution> => {
  let data = JSON.parse(JSON.stringify(input)) as Data;
  const path: string[] = [];
  for (let at = machine.StartAt, left = most; left > 0; left--) {
    const state = machine.States[at];
    if (!state) throw new Error(`there is no state ${at}`);
    if (state.Type !== "Choice") path.push(at);
    switch (state.Type) {
      case "Choice":
        at = chosen(at, state.Choices ?? [], data);
        continue;
      case "Wait":
        wait(Number(valueAt(data, state.SecondsPath!)));
        at = state.Next!;
        continue;
      case "Task": {
        const given = parameters(state.Parameters ?? {}, data, name);
        const answer = await attempted(state, () => task(at, given));
        if ("error" in answer) {
          const [handler] = state.Catch ?? [];
          if (!handler) return { end: "Fail", path, data };
          data = { ...data, [handler.ResultPath.replace("$.", "")]: told(answer.error) };
          at = handler.Next;
          continue;
        }
        data = JSON.parse(JSON.stringify(answer.result)) as Data;
        at = state.Next!;
        continue;
      }
      case "Map":
        await map(String(parameters(state.ItemReader!.Parameters, data, name).Key));
        at = state.Next!;
        continue;
      case "Succeed":
      case "Fail":
        return { end: state.Type, path, data };
      default:
        throw new Error(`a state of the type ${state.Type} is not known here`);
    }
  }
  return { end: "killed", path, data };
};

const chosen = (state: string, rules: Rule[], data: Data): string => {
  const rule = rules.find(({ Variable, StringEquals, NumericGreaterThan, IsPresent }) => {
    if (IsPresent !== undefined) return Variable.replace("$.", "") in data === IsPresent;
    const value = valueAt(data, Variable);
    return StringEquals === undefined ? Number(value) > NumericGreaterThan! : value === StringEquals;
  });
  if (!rule) throw new Error(`States.NoChoiceMatched: ${state} ${JSON.stringify(data)}`);
  return rule.Next;
};

const valueAt = (data: Data, path: string): unknown => {
  const [, key = ""] = /^\$\.(\w+)$/.exec(path) ?? [];
  if (!(key in data)) throw new Error(`States.ParameterPathFailure: ${path}`);
  return data[key];
};

const parameters = (template: Record<string, unknown>, data: Data, name: string): Data =>
  Object.fromEntries(
    Object.entries(template).map(([key, value]) => {
      if (!key.endsWith(".$")) return [key, value];
      return [key.slice(0, -2), value === "$$.Execution.Name" ? name : valueAt(data, String(value))];
    }),
  );

const attempted = async (
  { Retry = [] }: State,
  call: () => Promise<object>,
): Promise<{ result: object } | { error: unknown }> => {
  for (let left = Retry[0]?.MaxAttempts ?? 0; ; left--) {
    try {
      return { result: await call() };
    } catch (error) {
      if (left === 0) return { error };
    }
  }
};

const told = (error: unknown) => ({ Error: error instanceof AppError ? error.code : "Error", Cause: String(error) });
