import { postJson } from "../api/json.ts";
import { modelPath, workflowPath } from "../api/paths.ts";
import type { WorkflowRun } from "../api/shapes.ts";
import type { Confirmation } from "../layout/confirm-dialog.tsx";
import { isCancellable, isUnderWay } from "./run-words.ts";
import type { Detail } from "./use-detail.ts";

/** What a person may ask of a model, and why not now where that is so. */

export type Wish = { label: string; isMain?: boolean; refusal?: string | undefined; confirmation: Confirmation };

type Standing = {
  name: string;
  detail: Detail;
  /** Why its kind of model is never retrained. */
  untrainable: string | undefined;
  mayOperate: boolean;
};

const NO_SCOPE = "To do these, the key needs the scope operate.";

export const wishesOf = ({ name, detail: { aliases, run }, untrainable, mayOperate }: Standing): Wish[] => {
  const { champion, previous } = aliases;
  const open = run && isUnderWay(run) ? run : undefined;
  const wishes = [
    ...(open ? wishesOfOpen(open) : []),
    ...(champion && previous && previous.version !== champion.version
      ? [rollBack(name, champion.version, previous.version)]
      : []),
    ...(untrainable === undefined ? [retrain(name, open)] : []),
  ];
  return mayOperate ? wishes : wishes.map((wish) => ({ ...wish, refusal: NO_SCOPE }));
};

/** To turn down what waits for approval is all that cancelling it would do. */
const wishesOfOpen = (run: WorkflowRun): Wish[] => {
  if (run.state === "approval") return [approve(run), reject(run)];
  return isCancellable(run) ? [cancel(run)] : [];
};

const send = async (path: string, body: object): Promise<void> => {
  await postJson(path, body, new AbortController().signal);
};
const withReason = (reason: string): object => (reason === "" ? {} : { reason });

const approve = ({ detector, id, version }: WorkflowRun): Wish => ({
  label: "Approve",
  isMain: true,
  confirmation: {
    title: `Let version ${version} of ${detector} go live?`,
    text: "It has passed the gate. All scorers use it within half a minute, and it is watched from then on.",
    action: "Approve",
    run: () => send(workflowPath(detector, id, "approve"), {}),
  },
});

const reject = ({ detector, id, version }: WorkflowRun): Wish => ({
  label: "Reject",
  confirmation: {
    title: `Keep version ${version} of ${detector} from going live?`,
    text: "The retraining ends. The version stays registered, and the one in use stays in use.",
    action: "Reject",
    reason: "Why, for the history (optional)",
    run: (reason) => send(workflowPath(detector, id, "reject"), withReason(reason)),
  },
});

const cancel = ({ detector, id }: WorkflowRun): Wish => ({
  label: "Cancel",
  confirmation: {
    title: `Cancel the retraining of ${detector}?`,
    text: "What it made so far stays; nothing of it goes live.",
    action: "Cancel the retraining",
    reason: "Why, for the history (optional)",
    run: (reason) => send(workflowPath(detector, id, "cancel"), withReason(reason)),
  },
});

const rollBack = (name: string, champion: number, previous: number): Wish => ({
  // After a rollback `previous` is the newer one.
  label: `${previous < champion ? "Roll back" : "Return"} to version ${previous}`,
  confirmation: {
    title: `Put version ${previous} of ${name} into use again?`,
    text: `All scorers use it within half a minute, in the place of version ${champion}.`,
    action: previous < champion ? "Roll back" : "Return",
    run: () => send(modelPath(name, "promote"), { version: "previous" }),
  },
});

const retrain = (name: string, open: WorkflowRun | undefined): Wish => ({
  label: "Retrain now",
  refusal: open && "One retraining at a time: this one has to end first.",
  confirmation: {
    title: `Retrain ${name} now?`,
    text: "A new model is trained on what was archived, tried beside the one in use, and goes live as the detector's policy says.",
    action: "Retrain",
    run: () => send("/v1/workflows", { detector: name }),
  },
});
