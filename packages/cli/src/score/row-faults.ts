import type { Detector } from "@tidewatch/core/detector";
import { AppError } from "@tidewatch/core/errors";
import { counted } from "../output/progress.ts";
import type { SeriesFile } from "./series-rows.ts";

/** Where and how often the rows of a file go backwards in time. */
export const orderText = ({ name, order }: SeriesFile): string =>
  `the rows of ${name} go backwards in time ${counted(order.back, "time")}, first in line ${order.firstBack}`;

/** @throws AppError VALIDATION when the newest rows come first: more steps lead backwards than forwards */
export const checkOrder = (file: SeriesFile): void => {
  if (file.order.back > file.order.forward) throwOrder(file);
};

/** For a file with too few complete rows. @throws AppError VALIDATION when it is known why they are so few */
export const checkRows = ({ features }: Detector, file: SeriesFile): void => {
  const empty = file.cells.find(
    ({ metric, numbers }) => numbers === 0 && features.some((feature) => feature.metric === metric),
  );
  if (empty && file.order.rows > 0) {
    throw new AppError(
      "VALIDATION",
      `${file.name}: the column "${empty.metric}" has no number in ${counted(file.order.rows, "row")}: leave it out of the file, or give a --detector that does not watch it.`,
    );
  }
  if (file.order.back > 0) throwOrder(file);
};

const throwOrder = (file: SeriesFile): never => {
  throw new AppError("VALIDATION", `${orderText(file)}: sort it by time, oldest first.`);
};
