import { statSync } from "node:fs";
import { LOG_FAMILY } from "@tidewatch/core/log/detector";
import type { WantedVersion } from "@tidewatch/core/register/promote-version";
import { Command, InvalidArgumentError, Option } from "commander";
import { refusalOf } from "../http/client.ts";
import type { ImportOptions } from "../models/import.ts";
import type { Where } from "../models/model-admin.ts";
import { importLogText, importText, modelTable, versionTable } from "../models/model-text.ts";
import { withAdmin } from "../models/with-admin.ts";
import { apiKeyOption, examples, jsonOption, urlOption } from "../options.ts";
import { addAliasCommands } from "./models-aliases.ts";

export const modelsCommand = () => {
  const command = new Command("models").description("see, import and promote models");
  whereOf(command.command("list"))
    .description("list the models, and which version of each is in use")
    .addOption(jsonOption())
    .action(list);
  whereOf(command.command("show"))
    .description("show the versions of a model; with NAME@VERSION the manifest of one, as JSON")
    .argument("<name>", "the detector's id, or ID@VERSION")
    .addOption(jsonOption())
    .action(show);
  whereOf(command.command("import"))
    .description("import an ONNX file that was made elsewhere, or what `tidewatch logs train` wrote")
    .argument("<file>", "the ONNX file, or the folder of a model of log sessions")
    .option("-m, --manifest <file>", "what an ONNX model takes and gives, as JSON; see docs/import.md")
    .option("-d, --detector <id>", "the detector that it is for; its model family must be onnx, or it watches logs")
    .option("-r, --reference <csv>", "rows that are normal, one column per feature: they calibrate the scores")
    .option("--promote", "use it at once")
    .addOption(jsonOption())
    .action(importFile);
  whereOf(command.command("promote"))
    .description("put a version into use")
    .argument("<name>", "the detector's id")
    .argument("<version>", "its number, or `previous` to go back to the one before", wantedVersion)
    .action(promote);
  addAliasCommands(command, whereOf);
  return command.addHelpText(
    "after",
    `
A server takes models of up to 7 MB. With --directory, or --table and --bucket, there is no such limit below 100 MB, no key is
needed but the right to write there, and this machine tries the model.
${examples([
  [
    "Import a model and use it",
    "tidewatch models import model.onnx --manifest m.json --detector web --reference normal.csv --promote",
  ],
  ["Import a model of log sessions", "tidewatch models import model --detector hdfs --promote"],
  ["Go back to the one before", "tidewatch models rollback web"],
  ["See which version was in use on a day, and why", "tidewatch models history web --at 2026-11-20"],
  ["Try version 4 in shadow, beside the one in use", "tidewatch models alias web challenger 4"],
  ["See where version 3 came from", "tidewatch models show web@3"],
])}`,
  );
};

const whereOf = (command: Command): Command =>
  command
    .addOption(urlOption())
    .addOption(apiKeyOption())
    .addOption(
      new Option("-D, --directory <folder>", "in this local data folder, without a server").conflicts([
        "table",
        "bucket",
      ]),
    )
    .addOption(new Option("-t, --table <name>", "in this DynamoDB table, with your AWS credentials"))
    .addOption(new Option("-b, --bucket <name>", "and in this bucket"));

const wantedVersion = (text: string): WantedVersion => {
  if (text === "previous") return text;
  const version = Number(text);
  if (Number.isSafeInteger(version) && version > 0) return version;
  throw new InvalidArgumentError("It must be the number of a version, or previous.");
};

const list = ({ json, ...where }: Where & { json?: true }) =>
  withAdmin(where, async (admin) => {
    const models = await admin.list();
    if (json) return console.log(JSON.stringify(models, null, 2));
    if (models.length === 0) return console.log("There are no detectors yet, hence no models.");
    console.log(modelTable(models));
  });

const show = (name: string, { json, ...where }: Where & { json?: true }) =>
  withAdmin(where, async (admin) => {
    const [id, version] = name.split("@", 2) as [string, string | undefined];
    if (version !== undefined) {
      return console.log(JSON.stringify(await admin.manifest(id, Number(version)), null, 2));
    }
    const model = await admin.show(id);
    if (json) return console.log(JSON.stringify(model, null, 2));
    // A manifest that cannot be read must not hide the versions.
    const newest = await admin.manifest(id, model.versions[0]!.version).catch(unlessDamaged);
    console.log(versionTable(model, newest?.family === LOG_FAMILY ? "sessions" : "rows"));
  });

/** Of what else fails, a server that went away say, a person must hear. */
const unlessDamaged = (error: unknown): undefined => {
  const { code } = (refusalOf(error).problem ?? error) as { code?: unknown };
  if (code !== "CORRUPT" && code !== "NOT_FOUND") throw error;
};

const importFile = async (file: string, { json, ...options }: Where & ImportOptions & { json?: true }) => {
  const { readLogOrder, readOrder } = await import("../models/import.ts");
  const { manifest, detector, reference, promote: isPromoted, ...where } = options;
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) {
    const order = await readLogOrder(file, { manifest, detector, reference });
    return await withAdmin(where, async (admin) => {
      const imported = await admin.importLogs(order, isPromoted ?? false);
      console.log(json ? JSON.stringify(imported, null, 2) : importLogText(imported));
    });
  }
  const order = await readOrder(file, { manifest, detector, reference });
  await withAdmin(where, async (admin) => {
    const imported = await admin.import(order, isPromoted ?? false);
    console.log(json ? JSON.stringify(imported, null, 2) : importText(imported));
  });
};

const promote = (name: string, version: WantedVersion, where: Where) =>
  withAdmin(where, async (admin) => {
    console.log(`${name}: version ${await admin.promote(name, version)} is in use`);
  });
