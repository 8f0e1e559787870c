import { AnomaliesSection } from "./anomalies/anomalies-section.tsx";
import { CountsSection } from "./counts/counts-section.tsx";
import { DetectorsSection } from "./detectors/detectors-section.tsx";
import { FirstEvent } from "./first-event.tsx";
import { Header } from "./layout/header.tsx";
import { Notice } from "./layout/notice.tsx";
import { LiveSection } from "./live/live-section.tsx";
import { RecordingSection } from "./recording/recording-section.tsx";
import { useOverview } from "./use-overview.ts";

export const App = () => {
  const { data, error } = useOverview();
  const isEmpty = data?.series.length === 0;
  return (
    <>
      <Header version={data?.status.version} isAway={error !== undefined} isKnown={data !== undefined} />
      <main>
        {error && (
          <Notice kind="error">
            {error.message} {data ? "Showing what was last known, and trying again." : "Trying again."}
          </Notice>
        )}
        {isEmpty && <FirstEvent />}
        <LiveSection series={data?.series} />
        <RecordingSection series={data?.series} />
        <AnomaliesSection />
        <CountsSection status={data?.status} />
        <DetectorsSection detectors={data?.status.detectors} />
        {!isEmpty && <FirstEvent />}
      </main>
    </>
  );
};
