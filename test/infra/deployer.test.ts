import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Statement } from "./permissions.ts";
import { deploymentOf, STAGES } from "./stages.ts";

const guide = readFileSync(join(import.meta.dirname, "../../docs/deploy.md"), "utf8");
const [, policyText = ""] = /## What the deployer may do.*?```json\n(.*?)```/s.exec(guide) ?? [];
const allowed = (JSON.parse(policyText) as { Statement: Statement[] }).Statement.flatMap(({ Action = [] }) => Action);

/** Where the service of a type's calls is not called as its module is. */
const SERVICES: Record<string, string> = {
  apigatewayv2: "apigateway",
  sfn: "states",
  "cloudwatch/eventBus": "events",
  "cloudwatch/eventRule": "events",
  "cloudwatch/eventTarget": "events",
  "cloudwatch/logGroup": "logs",
};
/** What SST does by its own code, not by the AWS provider. */
const SST_SERVICES: Record<string, string> = {
  BucketFiles: "s3",
  DistributionDeploymentWaiter: "cloudfront",
  DistributionInvalidation: "cloudfront",
  HostedZoneLookup: "route53",
  KvKeys: "cloudfront-keyvaluestore",
  KvRoutesUpdate: "cloudfront-keyvaluestore",
};
/** Makes nothing in the account. */
const isLocal = (type: string) => /^(sst|pulumi|command|random):/.test(type);

const serviceOf = (type: string, name: string): string => {
  if (type === "pulumi-nodejs:dynamic:Resource") return SST_SERVICES[name.split(".").at(-1) ?? ""] ?? `? ${name}`;
  const [, module = "", kind = ""] = /^aws:(\w+)\/(\w+):/.exec(type) ?? [];
  return SERVICES[`${module}/${kind}`] ?? SERVICES[module] ?? module;
};

describe.each(STAGES)("the deployer's policy in docs/deploy.md", (stage) => {
  it(`has actions of every service that stage ${stage} is made with`, () => {
    const services = deploymentOf(stage)
      .resources.filter(({ type }) => !isLocal(type))
      .map(({ type, name }) => serviceOf(type, name));
    const missing = [...new Set(services)].filter((service) => !allowed.some((each) => each.startsWith(`${service}:`)));
    expect(missing).toEqual([]);
  });
});
