import { Command } from "commander";
import type { ForecastOptions } from "../forecast/run.ts";
import { apiKeyOption, count, coverage, examples, jsonOption, period, positive, urlOption } from "../options.ts";

export const forecastCommand = () =>
  new Command("forecast")
    .description("the next values of a series with a band: of a server's detector, or of a CSV file")
    .requiredOption("-n, --steps <count>", "rows to forecast", count)
    .option("-d, --detector <detector>", "a detector of the server; with --input, a file that holds one")
    .option("-e, --entity <entity>", "of which series of the detector")
    .option("-i, --input <file>", "CSV with a header: timestamp, then one column per metric; needs no server")
    .option("-l, --level <share>", "share of new values that a band is to hold (default: 0.95)", coverage)
    .option("--period <rows>", "with --input and no --detector: rows of a season, 288 for a day of 5 minutes", period)
    .option("--interval <seconds>", "seconds between rows, for files without a timestamp column", positive)
    .option("--timestamp-column <name>", "column that holds the time (default: timestamp, time, date, …)")
    .option("--skip-bad", "leave out rows whose time or number of cells is wrong, instead of stopping there")
    .addOption(jsonOption())
    .addOption(urlOption())
    .addOption(apiKeyOption())
    .addHelpText(
      "after",
      examples([
        ["The next hour of a detector that watches every minute", "tidewatch forecast -d load -e web-01 --steps 60"],
        [
          "A file, with a day of 5 minutes as its season",
          "tidewatch forecast --input load.csv --steps 288 --period 288",
        ],
      ]),
    )
    // Fitting takes code that the other commands do without.
    .action(async (options: ForecastOptions) => (await import("../forecast/run.ts")).runForecast(options));
