import type { LogEvent } from "../../ingest/event.ts";
import type { LogDetector } from "../detector.ts";
import type { LogModel } from "../model.ts";
import { logPlanOf } from "../stage/plan.ts";
import { canonicalText } from "../template/canonical.ts";
import { lineKey, remember } from "../template/miner.ts";
import { skeletonOf } from "../template/skeleton.ts";
import { coveringTemplate, type TemplateStore } from "../template/store.ts";
import { templateId } from "../template/template.ts";

/** The id of an event's template as it is by now; `undefined` for one that is not the detector's, or nobody has met. */
export type TemplateOf = (event: LogEvent) => string | undefined;

/** As the log stage finds templates, the model's first, but that nothing is learnt. */
export const templateOf = (detector: LogDetector, model: LogModel | undefined, live: TemplateStore): TemplateOf => {
  const { matches, read } = logPlanOf(detector);
  const known = new Map<number, string | undefined>();
  return (event) => {
    if (!matches(event)) return undefined;
    const key = lineKey(read(event).message);
    if (known.has(key)) return known.get(key);
    const skeleton = skeletonOf(canonicalText());
    const template = (model && coveringTemplate(model.templates, skeleton)) ?? coveringTemplate(live, skeleton);
    const id = template && templateId(template);
    remember(known, key, id);
    return id;
  };
};
