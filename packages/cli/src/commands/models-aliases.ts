import { type Command, InvalidArgumentError } from "commander";
import { parseTimestamp } from "../input/timestamp.ts";
import { aliasText, historyText } from "../models/alias-text.ts";
import type { Where } from "../models/model-admin.ts";
import { withAdmin } from "../models/with-admin.ts";
import { count, jsonOption } from "../options.ts";

/** Moves shown unless told otherwise. */
const MOVES = 50;

/** What concerns the names that move over a model's versions. */
export const addAliasCommands = (models: Command, whereOf: (command: Command) => Command): void => {
  whereOf(models.command("history"))
    .description("show which version was in use when, who put it there, and why")
    .argument("<name>", "the detector's id")
    .option("--at <time>", "what held then: RFC 3339, a date, or epoch seconds", time)
    .option("-a, --alias <alias>", "moves of this alias only; with --at the champion's unless said")
    .option("-l, --limit <count>", "most moves, the newest first", count, MOVES)
    .addOption(jsonOption())
    .action(history);
  whereOf(models.command("rollback"))
    .description("go back to the version that was in use before")
    .argument("<name>", "the detector's id")
    .action(rollBack);
  whereOf(models.command("alias"))
    .description("set an alias: champion puts into use, challenger tries in shadow, others are yours")
    .argument("<name>", "the detector's id")
    .argument("<alias>", "its name")
    .argument("<version>", "a version's number, or `none` to take the alias away", versionOrNone)
    .option("-r, --reason <text>", "for people, in the history")
    .addOption(jsonOption())
    .action(alias);
};

const time = (text: string): number => {
  const ms = parseTimestamp(text);
  if (ms !== undefined) return ms;
  throw new InvalidArgumentError("It must be a time such as 2026-11-20T10:00:00Z.");
};

const versionOrNone = (text: string): number | null => {
  if (text === "none") return null;
  const version = Number(text);
  if (Number.isSafeInteger(version) && version > 0) return version;
  throw new InvalidArgumentError("It must be the number of a version, or none.");
};

type HistoryOptions = Where & { at?: number; alias?: string; limit: number; json?: true };

const history = (name: string, { at, alias: of, limit, json, ...where }: HistoryOptions) =>
  withAdmin(where, async (admin) => {
    const found = await admin.history(name, { at, alias: of, limit });
    console.log(json ? JSON.stringify(found, null, 2) : historyText(name, found, at, of));
  });

const rollBack = (name: string, where: Where) =>
  withAdmin(where, async (admin) => {
    console.log(`${name}: version ${await admin.promote(name, "previous")} is in use again`);
  });

type AliasOptions = Where & { reason?: string; json?: true };

const alias = (name: string, of: string, version: number | null, { reason, json, ...where }: AliasOptions) =>
  withAdmin(where, async (admin) => {
    const aliases = await admin.alias(name, of, version, reason);
    console.log(json ? JSON.stringify(aliases, null, 2) : aliasText(aliases));
  });
