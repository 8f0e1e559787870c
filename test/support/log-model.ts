import { LogDetector } from "@tidewatch/core/log/detector";
import { fitLabelledSessions } from "@tidewatch/core/log/session/labelled";
import { fitSessions } from "@tidewatch/core/log/session/session-model";
import { mineLine, minerOf } from "@tidewatch/core/log/template/miner";
import { templateId } from "@tidewatch/core/log/template/template";
import { storedLogModel } from "@tidewatch/core/register/log-files";

/** A log detector of blocks. */
export const blocks = LogDetector.parse({
  id: "hdfs",
  match: { type: "log" },
  session: { key: { pattern: "blk_\\d+" }, minTrainingSessions: 40 },
});

/** A small model of blocks that are opened and closed, or cannot be written. */
export const blockModel = async () => {
  const miner = minerOf();
  const idOf = (text: string) => templateId(mineLine(miner, text));
  const [opened, failed, closed] = [idOf("opened block"), idOf("cannot write block"), idOf("closed block")];
  const sessions = Array.from(
    { length: 60 },
    (_, at) =>
      new Map([
        [opened, 1],
        [at % 10 === 0 ? failed : closed, 1],
      ]),
  );
  const labels = Uint8Array.from(sessions, (_, at) => (at % 10 === 0 ? 1 : 0));
  const usual = sessions.filter((_, at) => labels[at] === 0);
  return storedLogModel(
    {
      templates: miner.store,
      sessions: fitSessions(usual, new Set([failed])),
      labelled: await fitLabelledSessions(sessions, labels, 1),
    },
    {
      ...{
        name: "logs",
        version: 1,
        source: "file",
        definition: "",
        trainedAtMs: 77,
        trainingFromMs: 1,
        trainingToMs: 9,
      },
      ...{ labels: { anomalous: 6, normal: 54, hash: "" }, seed: 1 },
    },
  );
};
