import { AppError } from "@tidewatch/core/errors";
import type { ApiPorts } from "../api/ports.ts";

/** A function that has answered is stopped: nothing of it goes on. */
export const noBacktests: ApiPorts["orderBacktest"] = async () => {
  throw new AppError(
    "CONFLICT",
    "This API runs as a function, which ends with its answer. Score history again with `tidewatch backtest --table TABLE " +
      "--bucket BUCKET`: your machine does it.",
  );
};
