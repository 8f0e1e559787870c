import { PAGE_POLICY } from "@tidewatch/functions/page-policy";
import { describe, expect, it } from "vitest";
import { deploymentOf, ofType, only, STAGES } from "./stages.ts";

/** CloudFront's managed policies: nothing is kept, and every header but Host goes on, Authorization included. */
const CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
const ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac";

type Behaviour = Record<string, unknown> & { pathPattern: string };

describe.each(STAGES)("page and API of stage %s", (stage) => {
  const deployment = () => deploymentOf(stage);
  const distribution = () => only(deployment(), "cloudfront/distribution").inputs;
  const behaviours = () => distribution().orderedCacheBehaviors as Behaviour[];

  it("are one origin: these paths are the API's, all others the page's", () => {
    expect(behaviours().map(({ pathPattern }) => pathPattern)).toEqual([
      "/v1/*",
      "/healthz",
      "/docs*",
      "/openapi.json",
    ]);
    const { apiEndpoint } = only(deployment(), "apigatewayv2/api").outputs;
    const origins = distribution().origins as { originId: string; domainName: string }[];
    const { domainName } = origins.find(({ originId }) => originId === behaviours()[0]?.targetOriginId)!;
    expect(`https://${domainName}`).toBe(apiEndpoint);
  });

  it("never give one caller's answer to another, and pass his key on", () => {
    for (const behaviour of behaviours()) {
      expect(behaviour, behaviour.pathPattern).toMatchObject({
        cachePolicyId: CACHING_DISABLED,
        originRequestPolicyId: ALL_VIEWER_EXCEPT_HOST,
        viewerProtocolPolicy: "https-only",
      });
      expect(behaviour.allowedMethods).toEqual(expect.arrayContaining(["GET", "POST", "PUT", "DELETE"]));
    }
  });

  it("let no other page call: there is no CORS, neither on the API nor on a bucket", () => {
    expect(only(deployment(), "apigatewayv2/api").inputs.corsConfiguration).toEqual({});
    expect(ofType(deployment(), "s3/bucketCorsConfiguration")).toEqual([]);
  });

  it("come with the page's policy, and the page is only read", () => {
    const headers = only(deployment(), "cloudfront/responseHeadersPolicy");
    expect(headers.inputs.securityHeadersConfig).toMatchObject({
      contentSecurityPolicy: { contentSecurityPolicy: PAGE_POLICY },
      frameOptions: { frameOption: "DENY" },
      strictTransportSecurity: { accessControlMaxAgeSec: expect.any(Number) },
    });
    expect(distribution().defaultCacheBehavior).toMatchObject({
      allowedMethods: ["GET", "HEAD", "OPTIONS"],
      responseHeadersPolicyId: headers.id,
      viewerProtocolPolicy: "redirect-to-https",
    });
  });

  it("have one function behind every path of the API, throttled, with a log that names nobody", () => {
    expect(only(deployment(), "apigatewayv2/route").inputs.routeKey).toBe("$default");
    const { defaultRouteSettings, accessLogSettings } = only(deployment(), "apigatewayv2/stage").inputs;
    expect(defaultRouteSettings).toEqual({
      throttlingRateLimit: expect.any(Number),
      throttlingBurstLimit: expect.any(Number),
    });
    const { format } = accessLogSettings as { format: string };
    expect(Object.values(JSON.parse(format))).toEqual([
      "$context.requestTime",
      "$context.requestId",
      "$context.httpMethod",
      "$context.status",
      "$context.responseLatency",
      "$context.integrationErrorMessage",
    ]);
  });
});
