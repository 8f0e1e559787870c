import { AWS, arn } from "./aws-account.ts";

export type ProviderCall = { token: string; inputs: Record<string, unknown> };

/** What a provider's look-up functions would answer. One that is not known gets its own arguments back, with an id. */
export const callResult = ({ token, inputs }: ProviderCall): Record<string, unknown> => {
  const answer = ANSWERS[token];
  return answer ? answer(inputs) : { ...inputs, id: inputs.id ?? "offline" };
};

const { account, partition, region } = AWS;

/** The managed policies that SST's router and static site ask for by name. */
const managedPolicy = (inputs: Record<string, unknown>) => ({
  ...inputs,
  id: `policy-${String(inputs.name ?? inputs.id)}`,
  etag: "1",
});

const ANSWERS: Record<string, (inputs: Record<string, unknown>) => Record<string, unknown>> = {
  "aws:index/getRegion:getRegion": () => ({ id: region, name: region, region, description: region }),
  "aws:index/getPartition:getPartition": () => ({
    ...{ id: partition, partition, dnsSuffix: "amazonaws.com", reverseDnsPrefix: "com.amazonaws" },
  }),
  "aws:index/getCallerIdentity:getCallerIdentity": () => ({
    ...{ id: account, accountId: account, arn: arn("iam", "root"), userId: account },
  }),
  "aws:index/getAvailabilityZones:getAvailabilityZones": () => ({
    ...{ names: ["a", "b", "c"].map((zone) => region + zone), zoneIds: [] },
  }),
  "aws:iam/getPolicyDocument:getPolicyDocument": (inputs) => policyDocument(inputs),
  "aws:cloudfront/getCachePolicy:getCachePolicy": managedPolicy,
  "aws:cloudfront/getOriginRequestPolicy:getOriginRequestPolicy": managedPolicy,
  "aws:cloudfront/getResponseHeadersPolicy:getResponseHeadersPolicy": managedPolicy,
};

type StatementInput = {
  sid?: string;
  effect?: string;
  actions?: string[];
  notActions?: string[];
  resources?: string[];
  principals?: { type: string; identifiers: string[] }[];
  conditions?: { test: string; variable: string; values: string[] }[];
};

/** The data source is computed by the provider, not by AWS: terraform's `aws_iam_policy_document`. */
const policyDocument = (inputs: Record<string, unknown>): Record<string, unknown> => {
  const statements = (inputs.statements ?? []) as StatementInput[];
  const json = JSON.stringify({ Version: "2012-10-17", Statement: statements.map(statementOf) });
  // Terraform leaves out an empty list; SST makes no inline policy then.
  const { statements: _, ...rest } = inputs;
  return { ...rest, ...(statements.length > 0 && { statements }), id: "policy", json, minifiedJson: json };
};

const statementOf = ({ sid, effect, actions, notActions, resources, principals, conditions }: StatementInput) => ({
  ...(sid && { Sid: sid }),
  Effect: effect ?? "Allow",
  ...(principals?.length && { Principal: principalOf(principals) }),
  ...(actions?.length && { Action: oneOrMany(actions) }),
  ...(notActions?.length && { NotAction: oneOrMany(notActions) }),
  ...(resources?.length && { Resource: oneOrMany(resources) }),
  ...(conditions?.length && { Condition: conditionOf(conditions) }),
});

const oneOrMany = (values: string[]): string | string[] => (values.length === 1 ? values[0]! : values);

const principalOf = (principals: NonNullable<StatementInput["principals"]>) =>
  principals.some(({ type }) => type === "*")
    ? "*"
    : Object.fromEntries(principals.map(({ type, identifiers }) => [type, oneOrMany(identifiers)]));

const conditionOf = (conditions: NonNullable<StatementInput["conditions"]>) => {
  const byTest: Record<string, Record<string, string | string[]>> = {};
  for (const { test, variable, values } of conditions) {
    byTest[test] = { ...byTest[test], [variable]: oneOrMany(values) };
  }
  return byTest;
};
