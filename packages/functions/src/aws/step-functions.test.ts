import { SFNClient } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, expect, test } from "vitest";
import { jsonFailure, jsonReply, type Loopback, serve } from "../../../../test/support/aws/loopback.ts";
import { executionStarter } from "./step-functions.ts";

const MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:tidewatch-dev-retraining";
const INPUT = { detector: "web", run: "r1", step: "snapshot", state: "open", seconds: 0 } as const;

let server: Loopback;
let failure: string | undefined;
const calls: { operation: string; body: unknown }[] = [];
let start: ReturnType<typeof executionStarter>;

beforeAll(async () => {
  server = await serve(async ({ operation, body }) => {
    calls.push({ operation, body: JSON.parse(String(body)) });
    return failure ? jsonFailure(failure) : jsonReply({ executionArn: "arn", startDate: 0 });
  });
  const credentials = { accessKeyId: "a", secretAccessKey: "b" };
  const client = new SFNClient({ endpoint: server.url, region: "eu-west-1", credentials, maxAttempts: 1 });
  start = executionStarter({ client, stateMachineArn: MACHINE });
});
afterAll(() => server.close());

test("an execution is started by its name, with the input of the first state", async () => {
  failure = undefined;
  await start("r1-0", INPUT);
  expect(calls.at(-1)).toEqual({
    operation: "StartExecution",
    body: { stateMachineArn: MACHINE, name: "r1-0", input: JSON.stringify(INPUT) },
  });
});

test("one that was started before is no failure", async () => {
  failure = "ExecutionAlreadyExists";
  await expect(start("r1-0", INPUT)).resolves.toBeUndefined();
});

test("a refusal says what to do", async () => {
  failure = "AccessDeniedException";
  await expect(start("r1-0", INPUT)).rejects.toThrow(
    /^state machine tidewatch-dev-retraining refused the call.*give the function's role this action/,
  );
});
