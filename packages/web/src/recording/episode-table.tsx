import { count } from "../format/number.ts";
import { clockTime, duration } from "../format/time.ts";
import { type EpisodeResult, kindName } from "./episodes.ts";

/** The labelled faults, and what was found in each: the charts in words. */
export const EpisodeTable = ({ results }: { results: readonly EpisodeResult[] }) => (
  <details>
    <summary>
      Labelled faults: {count(results.filter(({ isMissed }) => !isMissed).length)} of {count(results.length)} opened an
      incident
    </summary>
    <div className="table-frame">
      <table>
        <thead>
          <tr>
            <th scope="col">Fault</th>
            <th scope="col">From</th>
            <th scope="col" className="number">
              Length
            </th>
            <th scope="col">Incident</th>
            <th scope="col" className="number">
              First anomalous row
            </th>
            <th scope="col" className="number">
              Anomalous rows
            </th>
          </tr>
        </thead>
        <tbody>
          {results.map(({ kind, startMs, endMs, isMissed, firstAnomalyMs, anomalousRows }) => (
            <tr key={startMs}>
              <th scope="row">{kindName(kind)}</th>
              <td>{clockTime(startMs)}</td>
              <td className="number">{duration(endMs - startMs)}</td>
              <td>
                {isMissed ? <span className="tag tag-warm">missed</span> : <span className="tag tag-good">opened</span>}
              </td>
              <td className="number">
                {firstAnomalyMs === undefined ? "–" : `after ${duration(firstAnomalyMs - startMs)}`}
              </td>
              <td className="number">{count(anomalousRows)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  </details>
);
