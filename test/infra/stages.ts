import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, inject } from "vitest";
import type { Deployment, PlannedResource } from "./engine/deployment.ts";
import type { OfflineSst } from "./engine/offline-sst.ts";

/** One that comes and goes, and the one that stays. */
export const STAGES = ["dev", "production"] as const;
export type Stage = (typeof STAGES)[number];

/** What a deployment may choose: the one stage chooses nothing and leaves the region to a profile, the other everything. */
export const SETTINGS: Record<Stage, Record<string, string>> = {
  dev: { AWS_REGION: "", AWS_PROFILE: "elsewhere", AWS_CONFIG_FILE: join(import.meta.dirname, "aws-profile.ini") },
  production: {
    TIDEWATCH_ALARM_EMAIL: "operations@example.com",
    TIDEWATCH_DOMAIN: "tidewatch.example.com",
    TIDEWATCH_API_CONCURRENCY: "100",
    TIDEWATCH_CLOUDWATCH_LOGS: "true",
    TIDEWATCH_MAIL_FROM: "tidewatch@example.com",
    TIDEWATCH_MAIL_REGION: "eu-west-1",
    TIDEWATCH_RAW_DAYS: "30",
    TIDEWATCH_COMPACTED_DAYS: "400",
  },
};

export type StageLife = {
  diff?: Awaited<ReturnType<OfflineSst["diff"]>>;
  deploy: Awaited<ReturnType<OfflineSst["deploy"]>>;
  remove: Awaited<ReturnType<OfflineSst["remove"]>>;
};

export const lifeOf = (stage: Stage): StageLife =>
  JSON.parse(readFileSync(join(inject("deployments"), `${stage}.json`), "utf8"));

export const deploymentOf = (stage: Stage): Deployment => lifeOf(stage).deploy.deployment;

/** The resources of a type, short as `lambda/function`. Sites make buckets of their own: `name` narrows it down. */
export const ofType = ({ resources }: Deployment, type: string, name = /^/): PlannedResource[] => {
  const [module, kind = ""] = type.split("/");
  const full = `aws:${module}/${kind}:${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
  return resources.filter((resource) => resource.type === full && name.test(resource.name));
};

export const only = (deployment: Deployment, type: string, name?: RegExp): PlannedResource => {
  const found = ofType(deployment, type, name);
  expect(
    found.map((resource) => resource.name),
    `${type} ${name ?? ""}`,
  ).toHaveLength(1);
  return found[0]!;
};
