import type {
  DriftCheckDocument,
  DriftCheckPage,
  DriftSummaryPage,
  DriftSummary as DriftSummarySchema,
} from "@tidewatch/functions/api/schemas/drift";
import type {
  AnomalousSession as AnomalousSessionSchema,
  RawLine as RawLineSchema,
  SessionDocument,
  TemplateDocument,
  TemplatePage,
} from "@tidewatch/functions/api/schemas/logs";
import type { AliasMoveDocument } from "@tidewatch/functions/api/schemas/model-aliases";
import type { ModelDocument, ModelPage, ModelSummary } from "@tidewatch/functions/api/schemas/models";
import type { ReportEntryDocument } from "@tidewatch/functions/api/schemas/reports";
import type {
  AnomalyDocument,
  Point as PointSchema,
  Points as PointsSchema,
  SeriesPage as SeriesPageSchema,
  SeriesSummary,
} from "@tidewatch/functions/api/schemas/results";
import type {
  DetectorStatus as DetectorStatusSchema,
  LogDetectorStatus as LogDetectorStatusSchema,
  Status as StatusSchema,
} from "@tidewatch/functions/api/schemas/status";
import type { Workflow, WorkflowPage } from "@tidewatch/functions/api/schemas/workflows";

/** What the HTTP API answers: types only, from the schemas that its documentation comes from. */

type Answer<Schema extends { _output: unknown }> = Schema["_output"];

export type Status = Answer<typeof StatusSchema>;
export type DetectorStatus = Answer<typeof DetectorStatusSchema>;
export type LogDetectorStatus = Answer<typeof LogDetectorStatusSchema>;
export type Series = Answer<typeof SeriesSummary>;
export type SeriesPage = Answer<typeof SeriesPageSchema>;
export type Point = Answer<typeof PointSchema>;
export type Points = Answer<typeof PointsSchema>;
export type Anomaly = Answer<typeof AnomalyDocument>;
export type AnomalousSession = Answer<typeof AnomalousSessionSchema>;
export type Session = Answer<typeof SessionDocument>;
export type RawLine = Answer<typeof RawLineSchema>;
export type Template = Answer<typeof TemplateDocument>;
export type TemplateList = Answer<typeof TemplatePage>;
export type Model = Answer<typeof ModelSummary>;
export type ModelList = Answer<typeof ModelPage>;
export type WorkflowRun = Answer<typeof Workflow>;
export type WorkflowList = Answer<typeof WorkflowPage>;
export type GateDecision = NonNullable<WorkflowRun["decision"]>;
export type GateRule = GateDecision["rules"][number];
export type ModelDetail = Answer<typeof ModelDocument>;
export type AliasMove = Answer<typeof AliasMoveDocument>;
export type DriftSummary = Answer<typeof DriftSummarySchema>;
export type DriftSummaryList = Answer<typeof DriftSummaryPage>;
export type DriftCheckList = Answer<typeof DriftCheckPage>;
export type DriftCheck = Answer<typeof DriftCheckDocument>;
export type DriftFinding = DriftCheck["findings"][number];
export type Report = Answer<typeof ReportEntryDocument>;

/** `GET /v1/recording`, which only a pipeline on one machine has; `summary` is there once all of it is scored. */
export type Recording = { labels: { faults: Episode[]; busy: Episode[] }; summary: Evaluation | null };
export type Episode = { kind: string; startMs: number; endMs: number };
type Evaluation = {
  precision: number;
  recall: number;
  episodes: number;
  detected: number;
  incidents: number;
  falseAlarmsPerHour: number;
  /** Episodes in which no incident opened. */
  missed: Episode[];
};
