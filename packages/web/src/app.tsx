import { useApiKey } from "./access/api-key.ts";
import { isKeyProblem } from "./access/key-problem.ts";
import { KeyPrompt } from "./access/key-prompt.tsx";
import { AnomaliesSection } from "./anomalies/anomalies-section.tsx";
import type { DetectorStatus, Status } from "./api/shapes.ts";
import { CountsSection } from "./counts/counts-section.tsx";
import { DetectorsSection } from "./detectors/detectors-section.tsx";
import { DriftSection } from "./drift/drift-section.tsx";
import { FirstEvent } from "./first-event.tsx";
import { Header } from "./layout/header.tsx";
import { Notice } from "./layout/notice.tsx";
import { LiveSection } from "./live/live-section.tsx";
import { LogsSection } from "./logs/logs-section.tsx";
import { TemplateTexts } from "./logs/template-texts.tsx";
import { ModelsSection } from "./models/models-section.tsx";
import { RecordingSection } from "./recording/recording-section.tsx";
import { ReportsSection } from "./reports/reports-section.tsx";
import { useOverview } from "./use-overview.ts";

export const App = () => {
  const apiKey = useApiKey();
  // With another key everything starts afresh: nothing that was read with the old one stays.
  return <Page key={apiKey ?? ""} apiKey={apiKey} />;
};

const Page = ({ apiKey }: { apiKey: string | undefined }) => {
  const { data, error } = useOverview();
  if (isKeyProblem(error)) {
    return (
      <>
        <Header version={undefined} state="locked" hasKey={apiKey !== undefined} />
        <main>
          <KeyPrompt refusal={apiKey === undefined ? undefined : error?.message} />
        </main>
      </>
    );
  }
  const isEmpty = data?.series.length === 0 && data.status.logDetectors.length === 0;
  const state = error ? "away" : data ? "live" : "connecting";
  const logDetectors = data?.status.logDetectors ?? [];
  return (
    <TemplateTexts of={logDetectors}>
      <Header version={data?.status.version} state={state} hasKey={apiKey !== undefined} />
      <main>
        {error && (
          <Notice kind="error">
            {error.message} {data ? "Showing what was last known, and trying again." : "Trying again."}
          </Notice>
        )}
        {isEmpty && <FirstEvent hasKey={apiKey !== undefined} />}
        <LiveSection series={data?.series} logDetectors={logDetectors} />
        <RecordingSection series={data?.series} />
        <AnomaliesSection />
        {logDetectors.length > 0 && (
          <LogsSection detectors={logDetectors} mayLabel={data?.status.scopes.includes("operate") ?? false} />
        )}
        {data && !isEmpty && <ModelsSection status={data.status} />}
        {data && !isEmpty && <DriftSection />}
        {data && !isEmpty && <ReportsSection />}
        <CountsSection status={data?.status} />
        <DetectorsSection detectors={data && detectorsOf(data.status)} hasLogs={logDetectors.length > 0} />
        {!isEmpty && <FirstEvent hasKey={apiKey !== undefined} />}
      </main>
    </TemplateTexts>
  );
};

/** Those of metrics, and of the rates of logs' templates. */
const detectorsOf = ({ detectors, logDetectors }: Status): DetectorStatus[] => [
  ...detectors,
  ...logDetectors.flatMap(({ rates }) => rates ?? []),
];
