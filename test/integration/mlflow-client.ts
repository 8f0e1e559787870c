import type { TestApi } from "./api-harness.ts";

/**
 * Sends what MLflow's Python client sends (mlflow/utils/rest_utils.py): a GET's message as a query, any other one as JSON, no
 * field that is not set. Answers are checked as its parser needs them: 64-bit integers are integers, `null` is nowhere.
 */
export const mlflowClient = ({ app }: Pick<TestApi, "app">, token?: string) => {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const call = async (method: string, path: string, message?: Record<string, unknown>) => {
    const url = new URL(`http://127.0.0.1:3000/api/2.0/${path}`);
    const init: RequestInit = { method, headers: { ...authorization } };
    if (method === "GET") {
      for (const [name, value] of Object.entries(message ?? {})) {
        for (const one of Array.isArray(value) ? value : [value]) url.searchParams.append(name, String(one));
      }
    } else if (message !== undefined) {
      init.body = JSON.stringify(message);
      init.headers = { ...authorization, "content-type": "application/json" };
    }
    const response = await app.request(url.href, init);
    const text = await response.text();
    const body = JSON.parse(text) as Record<string, unknown>;
    checkWire(body);
    return { status: response.status, body, text };
  };
  /** Fails on anything but 200, as the client does. */
  const ok = async (method: string, path: string, message?: Record<string, unknown>) => {
    const { status, body, text } = await call(method, path, message);
    if (status !== 200) throw new Error(`${method} ${path} answered ${status}: ${text}`);
    // biome-ignore lint/suspicious/noExplicitAny: a message of somebody else's protocol
    return body as any;
  };
  const bytes = async (
    method: string,
    path: string,
    body?: RequestInit["body"],
    headers: Record<string, string> = {},
  ) =>
    app.request(`http://127.0.0.1:3000${path}`, {
      ...{ method, headers: { ...authorization, ...headers } },
      ...(body && { body }),
    });
  return { call, ok, bytes };
};

const INT64 =
  /^(?:timestamp|step|start_time|end_time|creation_time|last_update_time|(?:creation|last_updated)_timestamp(?:_ms)?|file_size|part_number)$/;

const checkWire = (value: unknown, name = ""): void => {
  if (value === null) throw new Error(`${name} is null`);
  if (INT64.test(name) && !Number.isSafeInteger(value)) throw new Error(`${name} is no integer: ${String(value)}`);
  if (Array.isArray(value) && value.length === 0) throw new Error(`${name} is an empty list`);
  if (typeof value !== "object") return;
  for (const [member, one] of Object.entries(value)) checkWire(one, Array.isArray(value) ? "" : member);
};

/** The path to which the client resolves `mlflow-artifacts:/…` (mlflow/store/artifact/mlflow_artifacts_repo.py). */
export const proxyPath = (artifactUri: string): string =>
  artifactUri.replace(/^mlflow-artifacts:/, "/api/2.0/mlflow-artifacts/artifacts");
