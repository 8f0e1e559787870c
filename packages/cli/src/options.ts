import { InvalidArgumentError, Option } from "commander";

/** Parsers of option values. Commander puts the option's name before the message and exits with code 2. */
export const positive = (text: string): number => {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError("It must be a number above 0.");
  return value;
};

export const wholeNumber = (text: string): number => {
  const value = Number(text);
  if (!(Number.isSafeInteger(value) && value >= 0))
    throw new InvalidArgumentError("It must be a whole number, 0 or more.");
  return value;
};

export const port = (text: string): number => {
  const value = wholeNumber(text);
  if (value > 65_535) throw new InvalidArgumentError("It must be a port: 0 to 65535, where 0 takes any that is free.");
  return value;
};

export const count = (text: string): number => {
  const value = wholeNumber(text);
  if (value === 0) throw new InvalidArgumentError("It must be 1 or more.");
  return value;
};

/** As long as a season of a model may be. */
const MAX_PERIOD = 2016;
export const period = (text: string): number => {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0 && value <= MAX_PERIOD && text.trim() !== "") return value;
  throw new InvalidArgumentError(`It must be a whole number of rows from 0 (no season) to ${MAX_PERIOD}.`);
};

export const share = (text: string): number => {
  const value = Number(text);
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError("It must be a number from 0 to 1.");
  return value;
};

export const coverage = (text: string): number => {
  const value = Number(text);
  if (!(value >= 0.01 && value <= 0.9999)) throw new InvalidArgumentError("It must be a number from 0.01 to 0.9999.");
  return value;
};

export const httpUrl = (text: string): string => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !["http:", "https:"].includes(url.protocol)) {
    throw new InvalidArgumentError("It must look like http://127.0.0.1:3000.");
  }
  return text;
};

const DEFAULT_URL = "http://127.0.0.1:3000";

export const urlOption = () =>
  new Option("-u, --url <url>", "address of the Tidewatch server")
    .env("TIDEWATCH_URL")
    .default(DEFAULT_URL)
    .argParser((text) => httpUrl(text || DEFAULT_URL));

/** On the command line other users of the machine may see it in the list of processes; hence the variable. */
export const apiKeyOption = () =>
  new Option("--api-key <token>", "API key, if the server asks for one; better set the variable").env(
    "TIDEWATCH_API_KEY",
  );

export const jsonOption = () => new Option("--json", "print JSON for programs instead of a table for people");

/** Examples below a command's help: each is a comment and the command line that does it. */
export const examples = (lines: readonly (readonly [string, string])[]): string =>
  `\nExamples:\n${lines.map(([what, command]) => `  # ${what}\n  ${command}`).join("\n\n")}\n`;
