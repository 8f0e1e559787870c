import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runCampaign } from "./campaign.ts";
import {
  checkAnomalies,
  checkDeliveries,
  checkKept,
  checkReceipts,
  checkSessions,
  replayUndisturbed,
  tableDigest,
} from "./check.ts";

/* A short form of `node test/campaign/kill.ts`, which does the same with 200,000 records and 50 kills. */
const MINUTES = 60_000;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "tidewatch-kill-"));
});
afterEach(() => rm(directory, { recursive: true }));

describe("a pipeline that is killed again and again", () => {
  it(
    "ends as one that was never killed: the same table, each record kept once, none lost",
    async () => {
      const killed = join(directory, "killed");
      const calm = join(directory, "calm");
      const result = await runCampaign({
        directory: killed,
        records: 12_000,
        producers: 3,
        kills: 6,
        consumers: 2,
        keys: "entity",
        seed: 7,
      });

      const receipts = await checkReceipts(killed, result);
      expect(receipts.missing).toEqual([]);
      expect(receipts.receipts).toBe(12_000);
      expect(receipts.records).toBe(12_000 + receipts.repeats);

      const kept = await checkKept(killed);
      expect(kept).toEqual({ ...kept, differences: [], misplaced: [] });
      expect(kept.archived + kept.quarantined).toBe(receipts.records);
      expect(kept.quarantined).toBeGreaterThan(100);

      const deliveries = await checkDeliveries(killed);
      expect(deliveries.inHeads).toBe(deliveries.expected);

      const sessions = await checkSessions(killed);
      expect(sessions.inHeads).toBe(sessions.lines);
      expect(sessions.ended).toBeGreaterThan(40);

      const undisturbed = await replayUndisturbed(killed, calm, 1);
      expect(tableDigest(killed)).toBe(tableDigest(calm));
      const { archive, score, log } = undisturbed.status;
      expect(result.status).toMatchObject({ archive, score, log });
    },
    4 * MINUTES,
  );
});

describe("producers with random partition keys", () => {
  it(
    "spread each series over all shards, and four consumers conflict on its head without losing a record",
    async () => {
      const result = await runCampaign({
        directory,
        records: 8000,
        producers: 2,
        kills: 2,
        consumers: 4,
        keys: "random",
        seed: 11,
      });

      const receipts = await checkReceipts(directory, result);
      const kept = await checkKept(directory);
      expect([receipts.missing, kept.differences, kept.misplaced]).toEqual([[], [], []]);
      const { archive, score } = result.status;
      expect(archive).toMatchObject({
        received: receipts.records,
        archived: kept.archived,
        quarantined: kept.quarantined,
      });
      const deliveries = await checkDeliveries(directory);
      expect(deliveries.inHeads).toBe(deliveries.expected);
      expect(score.deliveries).toBe(deliveries.expected);
      const sessions = await checkSessions(directory);
      expect([sessions.inHeads, result.status.log.lines]).toEqual([sessions.lines, sessions.lines]);
      const anomalies = await checkAnomalies(directory);
      expect(anomalies.inHeads).toBeGreaterThan(10);
      expect(anomalies.listed).toBe(anomalies.inHeads);
    },
    4 * MINUTES,
  );
});
