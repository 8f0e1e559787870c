import { describe, expect, it } from "vitest";
import { AWS } from "./engine/aws-account.ts";
import { permissionsOf, permissionTable } from "./permissions.ts";
import { deploymentOf, ofType, only, STAGES } from "./stages.ts";

/** Resources that no name can stand for, each with its reason: `role action` → why. */
const WITHOUT_A_NAME: Record<string, string> = {
  "RetrainingRole states:DescribeExecution": "executions of its own, which are below no resource",
  "RetrainingRole states:StopExecution": "likewise",
  "ReportRole ses:SendRawEmail": "what SES has verified is the account's, for all stages",
};
/** Made by a setting: see settings.test.ts. */
const CHOSEN =
  /^CloudWatchLogsRole (kinesis|logs):|^ReportRole ses:|^CompactRole s3:DeleteObject ObjectsBucket\/events\/\*$/;

/** For whom each service may act. */
const CONDITIONS: Record<string, unknown> = {
  "lambda.amazonaws.com": undefined,
  "states.amazonaws.com": { StringEquals: { "aws:SourceAccount": AWS.account } },
  "scheduler.amazonaws.com": { StringEquals: { "aws:SourceAccount": AWS.account } },
  "logs.amazonaws.com": { StringLike: { "aws:SourceArn": `arn:aws:logs:${AWS.region}:${AWS.account}:*` } },
};

describe.each(STAGES)("permissions of stage %s", (stage) => {
  const permissions = () => permissionsOf(deploymentOf(stage));

  it("are those of permissions.txt", async () => {
    const always = permissions().filter(({ role, action, resource }) => !CHOSEN.test(`${role} ${action} ${resource}`));
    const table = permissionTable(always).replaceAll(`tidewatch-${stage}-`, "tidewatch-<stage>-");
    await expect(table).toMatchFileSnapshot("permissions.txt");
  });

  it("name every action in full", () => {
    expect(permissions().filter(({ effect, action }) => effect !== "Managed" && /[*?]/.test(action))).toEqual([]);
  });

  it("are for resources of this stage, or below them", () => {
    const foreign = permissions().filter(
      ({ effect, role, action, resource }) =>
        effect !== "Managed" &&
        (resource === "*" || resource.startsWith("arn:")) &&
        !WITHOUT_A_NAME[`${role} ${action}`],
    );
    expect(foreign).toEqual([]);
  });

  it("have no wildcard in the name of a resource", () => {
    const wide = permissions().filter(({ resource }) => /[*?]/.test(resource.replace(/[/:]\*$/, "")));
    expect(wide).toEqual([]);
  });

  it("come with no managed policy", () => {
    expect(permissions().filter(({ effect }) => effect === "Managed")).toEqual([]);
    expect(ofType(deploymentOf(stage), "iam/rolePolicyAttachment")).toEqual([]);
  });

  it("are given by a role of its own to each function", () => {
    const functions = ofType(deploymentOf(stage), "lambda/function");
    const roles = functions.map(({ inputs }) => inputs.role);
    expect(new Set(roles).size).toBe(functions.length);
  });

  it("let nobody but the service that acts take a role", () => {
    for (const { name, inputs } of ofType(deploymentOf(stage), "iam/role")) {
      const { assumeRolePolicy: policy } = inputs;
      const { Statement } = typeof policy === "string" ? JSON.parse(policy) : policy;
      const principals = [Statement].flat().map(({ Principal }) => Principal);
      const [{ Condition }] = [Statement].flat();
      expect(Object.keys(CONDITIONS), name).toContain(principals[0].Service);
      expect([principals.length, Condition], name).toEqual([1, CONDITIONS[principals[0].Service]]);
    }
  });

  it("are given by resources to nobody but the API Gateway and the rules of this stage, and to CloudFront for the page", () => {
    const deployment = deploymentOf(stage);
    const { executionArn } = only(deployment, "apigatewayv2/api").outputs;
    const rules = ofType(deployment, "cloudwatch/eventRule").map(({ outputs }) => outputs.arn);
    for (const { name, inputs } of ofType(deployment, "lambda/permission")) {
      const { principal, sourceArn } = inputs;
      if (principal === "events.amazonaws.com") expect(rules, name).toContain(sourceArn);
      else expect([principal, sourceArn], name).toEqual(["apigateway.amazonaws.com", `${executionArn}/*`]);
    }
    const openings = ofType(deployment, "s3/bucketPolicy").flatMap(({ name, inputs }) => {
      const statements: { Effect: string; Principal: unknown; Action: unknown }[] = JSON.parse(
        String(inputs.policy),
      ).Statement;
      return statements.flatMap(({ Effect, Principal, Action }) =>
        Effect === "Allow" ? [[name, Principal, Action]] : [],
      );
    });
    expect(openings).toEqual([["PageAssetsPolicy", { Service: "cloudfront.amazonaws.com" }, "s3:GetObject"]]);
    for (const type of ["sqs/queuePolicy", "sns/topicPolicy", "dynamodb/resourcePolicy", "kinesis/resourcePolicy"]) {
      expect(ofType(deployment, type), type).toEqual([]);
    }
  });
});
