import { expect, it } from "vitest";
import { AWS } from "./engine/aws-account.ts";
import { permissionsOf } from "./permissions.ts";
import { deploymentOf, ofType, only, SETTINGS } from "./stages.ts";

const { TIDEWATCH_ALARM_EMAIL: email, TIDEWATCH_DOMAIN: domain } = SETTINGS.production;

it("alarms go to the address that was chosen, and to nobody without one", () => {
  const production = deploymentOf("production");
  expect(only(production, "sns/topicSubscription").inputs).toMatchObject({
    topic: only(production, "sns/topic").outputs.arn,
    protocol: "email",
    endpoint: email,
  });
  expect(ofType(deploymentOf("dev"), "sns/topicSubscription")).toEqual([]);
});

it("the region is that of the environment, or else of the profile", () => {
  expect(deploymentOf("production").outputs.region).toBe(AWS.region);
  // As aws-profile.ini has it; the stand-in's ARNs have a region of their own.
  expect(deploymentOf("dev").outputs.region).toBe("eu-central-1");
});

it("the API leaves functions to the consumers when it is told to, and only the API is limited", () => {
  const reserved = (stage: "dev" | "production") =>
    ofType(deploymentOf(stage), "lambda/function").flatMap(({ name, inputs }) => {
      const { reservedConcurrentExecutions: limit } = inputs;
      return limit === undefined || limit === -1 ? [] : [[name, limit]];
    });
  expect(reserved("production")).toEqual([["ApiFunction", 100]]);
  expect(reserved("dev")).toEqual([]);
});

it("the page has the name that was chosen, with a certificate, and CloudFront's without one", () => {
  const production = deploymentOf("production");
  expect(only(production, "cloudfront/distribution").inputs.aliases).toEqual([domain]);
  expect(only(production, "acm/certificate").inputs).toMatchObject({ domainName: domain, validationMethod: "DNS" });
  const records = ofType(production, "route53/record").map(({ inputs }) => [inputs.name, inputs.type]);
  expect(records).toEqual(
    expect.arrayContaining([
      [domain, "A"],
      [domain, "AAAA"],
      [`_validation.${domain}.`, "CNAME"],
    ]),
  );
  expect(production.outputs.page).toBe(`https://${domain}`);

  const dev = deploymentOf("dev");
  expect(only(dev, "cloudfront/distribution").inputs.aliases ?? []).toEqual([]);
  expect(ofType(dev, "route53/record")).toEqual([]);
  expect(dev.outputs.page).toMatch(/^https:\/\/\w+\.cloudfront\.net$/);
});

it("log groups may be put on the stream where that was chosen, by CloudWatch Logs and by nothing else", () => {
  const production = deploymentOf("production");
  const role = only(production, "iam/role", /^CloudWatchLogs/);
  const { Statement } = JSON.parse(String(role.inputs.assumeRolePolicy));
  expect(Statement).toEqual([
    {
      Effect: "Allow",
      Action: "sts:AssumeRole",
      Principal: { Service: "logs.amazonaws.com" },
      Condition: { StringLike: { "aws:SourceArn": `arn:aws:logs:${AWS.region}:${AWS.account}:*` } },
    },
  ]);
  const mayDo = permissionsOf(production).filter((permission) => permission.role === role.name);
  expect(mayDo.map(({ action, resource }) => [action, resource])).toEqual([["kinesis:PutRecord", "EventsStream"]]);
  expect(production.outputs.cloudWatchLogsRole).toBe(role.outputs.arn);

  expect(ofType(deploymentOf("dev"), "iam/role", /^CloudWatchLogs/)).toEqual([]);
  expect(deploymentOf("dev").outputs).not.toHaveProperty("cloudWatchLogsRole");
});

it("mail is sent from the address that was chosen, by what SES has verified of it, and from nowhere without one", () => {
  const mayMail = (stage: "dev" | "production") =>
    permissionsOf(deploymentOf(stage)).filter(({ action }) => action.startsWith("ses:"));
  expect(mayMail("production")).toMatchObject([
    {
      role: "ReportRole",
      action: "ses:SendRawEmail",
      resource: `arn:aws:ses:eu-west-1:${AWS.account}:identity/example.com`,
    },
  ]);
  expect(mayMail("dev")).toEqual([]);
  const variablesOf = (stage: "dev" | "production") =>
    only(deploymentOf(stage), "lambda/function", /^ReportFunction$/).inputs.environment as {
      variables: Record<string, string>;
    };
  const { MAIL_FROM, MAIL_REGION } = variablesOf("production").variables;
  expect([MAIL_FROM, MAIL_REGION]).toEqual(["tidewatch@example.com", "eu-west-1"]);
  expect(variablesOf("dev").variables).not.toHaveProperty("MAIL_FROM");
});

it("the archive's objects are removed where that was chosen, and nowhere else", () => {
  const mayRemove = (stage: "dev" | "production") =>
    permissionsOf(deploymentOf(stage))
      .filter(({ action }) => action === "s3:DeleteObject")
      .map(({ role, resource }) => [role, resource]);
  const files = ["CompactRole", "ObjectsBucket/events-compacted/*"];
  expect(mayRemove("dev")).toEqual([files]);
  expect(mayRemove("production").toSorted()).toEqual([files, ["CompactRole", "ObjectsBucket/events/*"]].toSorted());
  const { variables } = only(deploymentOf("production"), "lambda/function", /^CompactFunction$/).inputs.environment as {
    variables: Record<string, string>;
  };
  expect([variables.RAW_DAYS, variables.COMPACTED_DAYS]).toEqual(["30", "400"]);
});
