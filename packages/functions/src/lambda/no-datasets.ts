import type { Datasets } from "@tidewatch/core/dataset/dataset";
import { AppError } from "@tidewatch/core/errors";

/** The function of the API is small, and has half a minute: datasets are made, and read, where models are trained. */
const refuse = async (): Promise<never> => {
  throw new AppError(
    "CONFLICT",
    "This API runs as a function, which makes no datasets: retraining a detector makes one.",
  );
};
export const noDatasets: Datasets = { freeze: refuse, read: refuse };
