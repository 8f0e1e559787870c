import { useListing } from "../api/use-listing.ts";
import { mergeAnomalies } from "./anomaly-list.ts";

export const useAnomalies = () => useListing("/v1/anomalies", mergeAnomalies);
