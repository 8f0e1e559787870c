/**
 * The kill campaign: `node test/campaign/kill.ts [records] [kills] [seed]`.
 * Prints what was done and what held; the exit code is 1 when something did not.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CampaignOptions, runCampaign } from "./campaign.ts";
import {
  checkAnomalies,
  checkDeliveries,
  checkKept,
  checkReceipts,
  checkSessions,
  replayUndisturbed,
  tableDigest,
} from "./check.ts";

const [records = 200_000, kills = 50, seed = 1] = process.argv.slice(2).map(Number);
const directory = await mkdtemp(join(tmpdir(), "tidewatch-kill-"));
const print = (line: string) => process.stdout.write(`${line}\n`);
let failures = 0;
const check = (what: string, holds: boolean, detail = "") => {
  if (!holds) failures++;
  print(`${holds ? "holds " : "FAILS "} ${what}${detail ? `: ${detail}` : ""}`);
};

const killed = join(directory, "killed");
const calm = join(directory, "calm");
const options: CampaignOptions = {
  directory: killed,
  records,
  producers: 4,
  kills,
  consumers: 2,
  keys: "entity",
  seed,
  log: print,
};
const result = await runCampaign(options);
const receipts = await checkReceipts(killed, result);
const kept = await checkKept(killed);
const deliveries = await checkDeliveries(killed);
const anomalies = await checkAnomalies(killed);
const undisturbed = await replayUndisturbed(killed, calm, 1);

print("");
print(
  `${records} records from 4 producers, ${result.kills} kills, ${result.retries} puts retried, ${result.seconds.toFixed(0)} s`,
);
print(`${receipts.records} records on the stream, ${receipts.repeats} of them put again after a lost answer`);
print(
  `${kept.archived} archived, ${kept.quarantined} quarantined; the calm run took ${undisturbed.seconds.toFixed(0)} s`,
);
print("");
check(
  "every acknowledged record is on the stream",
  receipts.missing.length === 0 && receipts.receipts === records,
  receipts.missing.slice(0, 3).join("; "),
);
check(
  "archive and quarantine hold each record once",
  kept.differences.length === 0 && kept.archived + kept.quarantined === receipts.records,
  kept.differences.join("; "),
);
check("quarantine names the place of each record", kept.misplaced.length === 0, kept.misplaced.slice(0, 3).join("; "));
check(
  "every event was applied to its series once",
  deliveries.inHeads === deliveries.expected,
  `${deliveries.inHeads} of ${deliveries.expected}`,
);
check(
  "every anomaly that the heads count is listed once",
  anomalies.listed === anomalies.inHeads,
  `${anomalies.listed} of ${anomalies.inHeads}`,
);
const sessions = await checkSessions(killed);
check(
  "every log line was applied to its session once",
  sessions.inHeads === sessions.lines,
  `${sessions.inHeads} of ${sessions.lines}, ${sessions.ended} sessions ended`,
);
const digests = [tableDigest(killed), tableDigest(calm)];
check("the table is that of a run without kills", digests[0] === digests[1], digests.join(" against "));
const counts = [result.status, undisturbed.status].map(({ archive, score, log }) =>
  JSON.stringify({ archive, score, log }),
);
check("the counts are those of a run without kills", counts[0] === counts[1], counts[0]);

await rm(directory, { recursive: true });
process.exitCode = failures === 0 ? 0 : 1;
