import type { ForecastPoint } from "@tidewatch/core/forecast/bands";
import { UsageError } from "../failure.ts";
import { httpClient, type Server } from "../http/client.ts";
import { table } from "../output/table.ts";
import { type FileOptions, forecastFile } from "./file.ts";

export type ForecastOptions = Server &
  Partial<FileOptions> & { steps: number; entity?: string; level?: number; json?: true };
/** As `POST /v1/forecast` answers, and as a file's forecasts are printed. */
export type Forecast = { features: string[]; level: number; points: ForecastPoint[] };

const DEFAULT_LEVEL = 0.95;
/** Digits of a shown number: a band is no more exact. */
const SHOWN_DIGITS = 6;

/** `tidewatch forecast`: by the server's model, or by models that are fitted to a file. */
export const runForecast = async (options: ForecastOptions): Promise<void> => {
  const { input, steps, level = DEFAULT_LEVEL } = options;
  checkTogether(options);
  if (input !== undefined) {
    const forecasts = await forecastFile({ ...options, input, level });
    return print(forecasts, forecasts, options.json);
  }
  const { detector, entity } = options;
  if (detector === undefined || entity === undefined) {
    throw new UsageError("Say which series: --detector and --entity of a server, or --input with a file.");
  }
  const body = JSON.stringify({ detector, entity, steps, level });
  const answer = (await httpClient(options).request("POST", "/v1/forecast", { body })) as Forecast;
  print(answer, [answer], options.json);
};

/** @throws UsageError when one option makes another one useless */
const checkTogether = ({ input, detector, entity, ...ofFile }: ForecastOptions): void => {
  const useless = (option: string, why: string) => new UsageError(`${option} has no effect ${why}; leave it out.`);
  if (input !== undefined) {
    if (entity !== undefined) throw useless("--entity", "with --input: a file is one series");
    if (detector !== undefined && ofFile.period !== undefined) {
      throw useless("--period", "with --detector, whose model has a period of its own");
    }
    return;
  }
  const names = {
    period: "--period",
    interval: "--interval",
    timestampColumn: "--timestamp-column",
    skipBad: "--skip-bad",
  };
  for (const [key, name] of Object.entries(names)) {
    if (ofFile[key as keyof typeof names] !== undefined) throw useless(name, "without --input");
  }
};

const print = (answer: unknown, forecasts: readonly Forecast[], json: true | undefined): void => {
  console.log(json ? JSON.stringify(answer, null, 2) : forecasts.map(forecastText).join("\n\n"));
};

/** A line per step and a column per number. */
const forecastText = ({ features, level, points }: Forecast): string => {
  const columns = features.flatMap((name) => [name, `from (${shareText(level)})`, "to"]);
  const rows = points.map(({ timestamp, mean, lower, upper }) => [
    new Date(timestamp).toISOString(),
    ...features.flatMap((_, at) => [mean[at]!, lower[at]!, upper[at]!].map(shown)),
  ]);
  return table(["timestamp", ...columns], rows);
};

const shareText = (level: number): string => `${Number((100 * level).toPrecision(SHOWN_DIGITS))} %`;
const shown = (value: number): string => String(Number(value.toPrecision(SHOWN_DIGITS)));
