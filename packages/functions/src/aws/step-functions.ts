import { type SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import type { StartExecution } from "../retrain-start-handler.ts";
import { explained, factsOf } from "./failure.ts";

/**
 * Starts executions of a standard state machine. A name is taken for 90 days; with the same input as one that is under way, Step
 * Functions answers as the first time: https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
 *
 * @throws AppError UNAVAILABLE
 */
export const executionStarter =
  ({ client, stateMachineArn }: { client: SFNClient; stateMachineArn: string }): StartExecution =>
  async (name, input) => {
    const command = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) });
    try {
      await client.send(command);
    } catch (error) {
      if (factsOf(error).name === "ExecutionAlreadyExists") return;
      await explained(`state machine ${stateMachineArn.split(":").at(-1)}`, () => Promise.reject(error));
    }
  };
