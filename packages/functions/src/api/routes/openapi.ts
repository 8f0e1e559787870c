import type { Api } from "../http/env.ts";
import { describeSecurity, SECURITY_SCHEMES } from "../http/secured-document.ts";
import type { ApiPorts } from "../ports.ts";

const description = `
Tidewatch finds anomalies in metrics and logs.

- Times are epoch milliseconds in answers; events may also carry RFC 3339 text.
- Lists answer \`items\` and a \`cursor\`; send the cursor back for the next page, \`null\` is the end.
- Failures are problem documents (RFC 9457) with a stable \`code\`; quote their \`requestId\` when you ask for help.
- Writes take an \`Idempotency-Key\`.
- An API key is a bearer token: \`Authorization: Bearer tw_…\`. Servers on AWS require one, local ones only when told to.
  Each operation names the scope that it needs (\`x-scope\`). This document, its page and \`/healthz\` are public.
`.trim();

/** The document is made once from the routes' schemas: they cannot say different things. */
export const openapiRoutes = (app: Api, { version, requireKeys }: Pick<ApiPorts, "version" | "requireKeys">): void => {
  for (const [name, scheme] of Object.entries(SECURITY_SCHEMES)) {
    app.openAPIRegistry.registerComponent("securitySchemes", name, scheme);
  }
  let document: string | undefined;
  app.get("/openapi.json", (c) => {
    document ??= JSON.stringify(describeSecurity(openapiDocument(app, version), requireKeys));
    return c.body(document, 200, { "content-type": "application/json" });
  });
};

const openapiDocument = (app: Api, version: string) =>
  app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Tidewatch",
      version,
      description,
      license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
    },
    servers: [{ url: "/", description: "The server that this page comes from" }],
    tags: [
      { name: "Events", description: "What producers send." },
      { name: "Detectors", description: "What to watch and how." },
      { name: "Results", description: "Series, their points and their anomalies." },
      { name: "Logs", description: "Sessions, their verdicts, templates, and the raw lines behind them." },
      { name: "Models", description: "Scoring rows on request." },
      { name: "Drift", description: "What comes in, compared with what a model learnt." },
      { name: "Datasets", description: "Training sets: rows of the archive, frozen under a hash." },
      {
        name: "Runs",
        description: "How models came to be: experiments and their runs. Runs are logged by MLflow's clients.",
      },
      { name: "Workflows", description: "Retraining, step by step." },
      { name: "Labels", description: "What was anomalous and what was normal, for families that learn from it." },
      { name: "Reports", description: "How detectors and their models fare, in words." },
      { name: "Keys", description: "Who may do what." },
      { name: "Operations", description: "Is it well?" },
    ],
  });
