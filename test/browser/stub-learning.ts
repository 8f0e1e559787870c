import type { Context, Hono } from "hono";
import { aliasMoves, driftCheck, driftSummary, model, modelAliases, report } from "./stub-learning-data.ts";

/** What the API says of models, retrainings, drift and reports; a test may change it while the page is open. */
export type StubLearning = {
  models: { name: string; champion: object | null }[];
  /** The newest retraining. */
  run: object | null;
  checks: ReturnType<typeof driftCheck>[];
  reports: object[];
  /** What was asked for, as `path body`. */
  wishes: string[];
  /** Why a wish is refused, if it is. */
  wishRefusal: string | undefined;
};

const REPORTS = 3;

export const stubLearning = (): StubLearning => ({
  ...{ models: [model()], run: null, checks: [driftCheck()], wishes: [], wishRefusal: undefined },
  reports: Array.from({ length: REPORTS }, (_, index) => report(index)),
});

const pageOf = (items: readonly object[], context: Context) => {
  const start = Number(context.req.query("cursor") ?? 0);
  const end = start + Number(context.req.query("limit") ?? items.length);
  return context.json({ items: items.slice(start, end), cursor: end < items.length ? String(end) : null });
};

export const stubLearningRoutes = (app: Hono, state: { learning: StubLearning }): void => {
  const wish = async (context: Context) => {
    const { learning } = state;
    if (learning.wishRefusal) return context.json({ title: "Conflict", detail: learning.wishRefusal }, 409);
    learning.wishes.push(`${new URL(context.req.url).pathname} ${await context.req.text()}`);
    return context.json(learning.run ?? {});
  };
  app.get("/v1/models", (context) => pageOf(state.learning.models, context));
  app.get("/v1/models/:name", (context) => {
    const name = context.req.param("name");
    const hasVersion = state.learning.models.some((one) => one.name === name && one.champion);
    if (!hasVersion) return context.json({ title: "Not found", detail: "There is no model yet." }, 404);
    return context.json({ name, aliases: modelAliases, versions: [] });
  });
  app.get("/v1/models/:name/history", (context) => pageOf(aliasMoves, context));
  app.post("/v1/models/:name/promote", wish);
  app.get("/v1/workflows", (context) => pageOf(state.learning.run ? [state.learning.run] : [], context));
  app.post("/v1/workflows", wish);
  app.post("/v1/workflows/:detector/:run/:verb", wish);
  app.get("/v1/drift", (context) => pageOf(state.learning.checks.map(driftSummary), context));
  app.get("/v1/drift/:detector", (context) =>
    pageOf(
      state.learning.checks.filter(({ detector }) => detector === context.req.param("detector")),
      context,
    ),
  );
  app.get("/v1/reports/:id", (context) => context.html(`<p>for ${context.req.header("authorization")}</p>`));
  app.get("/v1/reports", (context) => pageOf(state.learning.reports, context));
};
