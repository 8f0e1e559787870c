import { PAGE_POLICY } from "../packages/functions/src/page-policy.ts";
import { gateway } from "./api.ts";
import { settings } from "./settings.ts";

/** CloudFront's own policies, by the ids that they have in every account. */
const CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
/** API Gateway refuses a foreign Host. With caching disabled it also passes on the Authorization header. */
const ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac";
const YEAR_SECONDS = 365 * 24 * 3600;

/** What the API answers; the page has all other paths. */
const API_PATHS = ["/v1/*", "/healthz", "/docs*", "/openapi.json"];

/** The same headers as the local server gives the page. The API sets its own. */
const pageHeaders = new aws.cloudfront.ResponseHeadersPolicy("PageHeaders", {
  securityHeadersConfig: {
    contentSecurityPolicy: { contentSecurityPolicy: PAGE_POLICY, override: true },
    contentTypeOptions: { override: true },
    frameOptions: { frameOption: "DENY", override: true },
    referrerPolicy: { referrerPolicy: "no-referrer", override: true },
    strictTransportSecurity: { accessControlMaxAgeSec: YEAR_SECONDS, override: true },
  },
});

/** One origin for page and API, so that no browser needs CORS. */
export const router = new sst.aws.Router("Router", {
  ...(settings.TIDEWATCH_DOMAIN === undefined ? {} : { domain: settings.TIDEWATCH_DOMAIN }),
  transform: {
    cdn(args) {
      const apiOrigin = {
        originId: "api",
        domainName: gateway.url.apply((url) => new URL(url).host),
        customOriginConfig: {
          httpPort: 80,
          httpsPort: 443,
          originProtocolPolicy: "https-only",
          originReadTimeout: 30,
          originSslProtocols: ["TLSv1.2"],
        },
      };
      args.origins = $output(args.origins).apply((origins) => [...origins, apiOrigin]);
      // An answer belongs to the key that asked: none is kept at the edge.
      args.orderedCacheBehaviors = API_PATHS.map((pathPattern) => ({
        pathPattern,
        targetOriginId: apiOrigin.originId,
        viewerProtocolPolicy: "https-only",
        allowedMethods: ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"],
        cachedMethods: ["GET", "HEAD"],
        cachePolicyId: CACHING_DISABLED,
        originRequestPolicyId: ALL_VIEWER_EXCEPT_HOST,
      }));
      args.defaultCacheBehavior = $output(args.defaultCacheBehavior).apply((page) => ({
        ...page,
        allowedMethods: ["GET", "HEAD", "OPTIONS"],
        responseHeadersPolicyId: pageHeaders.id,
      }));
      return undefined;
    },
  },
});

new sst.aws.StaticSite("Page", {
  path: "packages/web",
  build: { command: "npm run build", output: "dist" },
  router: { instance: router },
  transform: { assets: { cors: false } },
  // SST declares the page's variables; it has none, so the file goes where nobody commits it.
  vite: { types: "../../.sst/page-env.d.ts" },
});
