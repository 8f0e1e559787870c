import { freshNovelties, type Novelty } from "./novelty.ts";
import { freshSeason, type Season } from "./season.ts";
import { RECENT, VIEWS } from "./views.ts";

/** What the online detector remembers of one series. Numbers are float32 where the encoded form keeps no more. */
export type StreamState = {
  /** Rows learnt. */
  rows: number;
  /** The first value: everything else is relative to it, so that float32 is enough far from 0. */
  origin: number;
  /** Ring of the last values; `newest` is the place of the last, `filled` the number of valid ones. */
  recent: Float32Array;
  newest: number;
  filled: number;
  /** Moving average. */
  level: number;
  /** A fiftieth of the largest spread, forgotten slowly: smaller ones are not told apart. */
  spreadFloor: number;
  /** Evidence that was seen lately: only stronger evidence is reported again. */
  held: number;
  /** Number of alarms lately. */
  alarms: number;
  /** Rows since learning paused, the one that was reported included; 0 while it does not. */
  pausedRows: number;
  /** Rows below the threshold, one after the other. */
  quietRows: number;
  season: Season;
  /** In the order of `VIEWS`. */
  views: Novelty[];
};

export const freshStream = (): StreamState => ({
  rows: 0,
  origin: 0,
  recent: new Float32Array(RECENT),
  newest: RECENT - 1,
  filled: 0,
  level: 0,
  spreadFloor: 0,
  held: 0,
  alarms: 0,
  pausedRows: 0,
  quietRows: 0,
  season: freshSeason(),
  views: freshNovelties(VIEWS.length),
});
