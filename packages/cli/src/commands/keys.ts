import { NewKey } from "@tidewatch/core/access/key";
import { SCOPES, type Scope } from "@tidewatch/core/access/scopes";
import { AppError } from "@tidewatch/core/errors";
import { Command, Option } from "commander";
import { duration } from "../keys/duration.ts";
import { type KeyAdmin, keyAdmin, type Where } from "../keys/key-admin.ts";
import { createdText, keyTable } from "../keys/key-text.ts";
import { apiKeyOption, count, examples, jsonOption, urlOption } from "../options.ts";

type CreateOptions = Where & { name: string; scope: Scope[]; expiresIn?: number; rate?: number; json?: true };

export const keysCommand = () => {
  const command = new Command("keys").description("make, list and revoke API keys");
  whereOf(command.command("create"))
    .description("make a key and print its token, this once")
    .requiredOption("-n, --name <name>", "who or what will use it")
    .addOption(scopeOption())
    .option("--expires-in <duration>", "12h, 90d, 4w (default: it does not expire)", duration)
    .option("--rate <requests>", "most requests a minute (default: 6000)", count)
    .addOption(jsonOption())
    .action(create);
  whereOf(command.command("list"))
    .description("list the keys, revoked and expired ones too")
    .addOption(jsonOption())
    .action(list);
  whereOf(command.command("revoke"))
    .description("end keys for good; servers stop taking them within half a minute")
    .argument("<ids...>", "as `keys list` shows them")
    .action(revoke);
  return command.addHelpText(
    "after",
    `
Scopes: ingest sends events; read reads everything but keys; operate also changes and trains detectors (and reads);
admin may do everything, keys included. With --directory or --table no key is needed, but the right to write there:
that is how the first one is made.
${examples([
  [
    "The first key of a pipeline on this machine, while it runs",
    "tidewatch keys create --name me --scope admin --directory .tidewatch",
  ],
  ["The first key of a deployed one", "tidewatch keys create --name me --scope admin --table TABLE"],
  [
    "One for a producer, kept in a variable",
    "TOKEN=$(tidewatch keys create --name ci --scope ingest --expires-in 90d)",
  ],
])}`,
  );
};

const whereOf = (command: Command): Command =>
  command
    .addOption(urlOption())
    .addOption(apiKeyOption())
    .addOption(new Option("-D, --directory <folder>", "in this local data folder, without a server").conflicts("table"))
    .addOption(new Option("-t, --table <name>", "in this DynamoDB table, with your AWS credentials"));

const scopeOption = () =>
  new Option("-s, --scope <scope...>", "what it may do; may be given several times")
    .choices(SCOPES)
    .makeOptionMandatory();

const withAdmin = async (where: Where, work: (admin: KeyAdmin) => Promise<void>): Promise<void> => {
  const admin = await keyAdmin(where);
  try {
    await work(admin);
  } finally {
    admin.close();
  }
};

const create = ({ name, scope, expiresIn, rate, json, ...where }: CreateOptions) =>
  withAdmin(where, async (admin) => {
    const wanted = newKey({
      ...{ name, scopes: [...new Set(scope)] },
      ...(expiresIn === undefined ? {} : { expiresAtMs: Date.now() + expiresIn }),
      ...(rate === undefined ? {} : { ratePerMinute: rate }),
    });
    const created = await admin.create(wanted);
    if (json) return console.log(JSON.stringify(created, null, 2));
    // The words go to people, the token alone to whatever reads the output.
    console.error(createdText(created.key));
    console.log(created.token);
  });

const newKey = (document: unknown): NewKey => {
  const parsed = NewKey.safeParse(document);
  if (parsed.success) return parsed.data;
  const reasons = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new AppError("VALIDATION", `That would be no key:\n  ${reasons.join("\n  ")}`);
};

const list = ({ json, ...where }: Where & { json?: true }) =>
  withAdmin(where, async (admin) => {
    const keys = await admin.list();
    if (json) return console.log(JSON.stringify(keys, null, 2));
    if (keys.length === 0) return console.log("There are no keys yet; `tidewatch keys create` makes one.");
    console.log(keyTable(keys, Date.now()));
  });

const revoke = (ids: string[], where: Where) =>
  withAdmin(where, async (admin) => {
    for (const id of ids) {
      await admin.revoke(id);
      console.log(`${id}: revoked`);
    }
  });
