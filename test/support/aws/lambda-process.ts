import { pathToFileURL } from "node:url";

/**
 * A process as Lambda's sandbox is one: loads a function's entry file, with the environment that it was started with, and
 * calls the handler once for each message, one after the other. Whatever it prints is the function's log.
 */
type Handler = (event: unknown, context: unknown) => Promise<unknown>;
export type Invocation = { id: string; event: unknown; remainingMs: number };
export type Invoked = { id: string; result?: unknown; error?: { name: string; message: string; stack: string } };

const { handler } = (await import(pathToFileURL(process.argv[2]!).href)) as { handler: Handler };
const tell = (invoked: Invoked | "ready"): void => void process.send!(invoked);

process.on("message", ({ id, event, remainingMs }: Invocation) => {
  const endMs = Date.now() + remainingMs;
  const context = {
    ...{ awsRequestId: id, functionName: "test", functionVersion: "$LATEST", memoryLimitInMB: "1024" },
    invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:test",
    getRemainingTimeInMillis: () => endMs - Date.now(),
  };
  handler(event, context).then(
    (result) => tell({ id, result }),
    ({ name, message, stack }: Error) => tell({ id, error: { name, message, stack: stack ?? "" } }),
  );
});
tell("ready");
