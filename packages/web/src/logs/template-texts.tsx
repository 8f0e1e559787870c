import { createContext, type ReactNode, useCallback, useContext } from "react";
import { getJson } from "../api/json.ts";
import { withQuery } from "../api/paths.ts";
import type { LogDetectorStatus, TemplateList } from "../api/shapes.ts";
import { usePolling } from "../api/use-polling.ts";
import { visible } from "../format/visible.ts";
import { keyOf, textsOf } from "./texts-of.ts";

/** A series has many rows before its first anomaly, so that the template of an anomaly is no new one. */
const POLL_MS = 60_000;
const PAGE_SIZE = 1000;
/** Of a log with more templates than three pages the older ones keep their ids: most of them will never be shown. */
const MOST_PAGES = 3;

type Texts = ReadonlyMap<string, string>;
const NOTHING: Texts = new Map();
const Known = createContext(NOTHING);

type Props = { of: readonly LogDetectorStatus[]; children: ReactNode };

/** Lets the page call a series of a log's rates by what its template says, and not by the template's id. */
export const TemplateTexts = ({ of, children }: Props) => {
  // A string, so that it is the same one as long as the detectors are.
  const names = JSON.stringify(of.flatMap(({ id, rates }) => (rates ? [[id, rates.id]] : [])));
  const load = useCallback(
    async (signal: AbortSignal): Promise<Texts> => {
      const detectors: [string, string][] = JSON.parse(names);
      const texts = detectors.map(async ([id, ratesId]) => textsOf(ratesId, await templates(id, signal)));
      return new Map((await Promise.all(texts)).flat());
    },
    [names],
  );
  const { data } = usePolling(load, POLL_MS);
  return <Known value={data ?? NOTHING}>{children}</Known>;
};

const templates = async (detector: string, signal: AbortSignal): Promise<TemplateList["items"]> => {
  const found: TemplateList["items"] = [];
  let cursor: string | null = null;
  for (let page = 0; page < MOST_PAGES; page++) {
    const path: string = withQuery("/v1/templates", { detector, limit: PAGE_SIZE, cursor });
    const list: TemplateList = await getJson(path, signal);
    found.push(...list.items);
    cursor = list.cursor;
    if (cursor === null) break;
  }
  return found;
};

/** Text of the template whose rate a series is, with what is hidden in it shown; `undefined` for other series. */
export const useTemplateText = (): ((series: { detector: string; entity: string }) => string | undefined) => {
  const texts = useContext(Known);
  return (series) => {
    const text = texts.get(keyOf(series));
    return text === undefined ? undefined : visible(text);
  };
};
