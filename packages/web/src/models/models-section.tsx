import type { Status } from "../api/shapes.ts";
import { Notice } from "../layout/notice.tsx";
import { Section } from "../layout/section.tsx";
import { DetectorModel } from "./detector-model.tsx";
import { useModels } from "./use-models.ts";

/** With more models than this only those are unfolded of which something is to be decided. */
const MOST_UNFOLDED = 2;

/** Which version of each model is in use and why, what is tried beside it, and how the next one comes about. */
export const ModelsSection = ({ status }: { status: Status }) => {
  const { data, error, refresh } = useModels();
  const online = status.detectors.filter(({ learns }) => learns === "row by row");
  const models = data?.models.filter(({ name }) => !online.some(({ id }) => id === name));
  return (
    <Section id="models" title="Models">
      {!data && <Notice kind={error ? "error" : "loading"}>{error?.message ?? "Loading models…"}</Notice>}
      {data && error && <Notice kind="error">{error.message} Showing what was last known.</Notice>}
      {models?.length === 0 && (
        <Notice kind="empty">
          No detector here has a trained model: those that learn row by row follow every change by themselves.{" "}
          <code>model.family</code> of a detector names one that is trained; its first model comes by itself once there
          are rows enough.
        </Notice>
      )}
      {models?.map((model) => {
        const open = data?.open.find(({ detector }) => detector === model.name);
        return (
          <DetectorModel
            key={model.name}
            model={model}
            detector={status.detectors.find(({ id }) => id === model.name)}
            open={open}
            isOpen={models.length <= MOST_UNFOLDED || open?.state === "approval"}
            mayOperate={status.scopes.includes("operate")}
            onChanged={refresh}
          />
        );
      })}
      {data?.hasMore && <p className="hint">There are more models: GET /v1/models lists all.</p>}
    </Section>
  );
};
