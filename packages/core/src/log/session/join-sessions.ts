import { addStep, MAX_ENTRIES, type Session } from "./session.ts";

/**
 * Puts the later part of a session behind the earlier one, in place: the same as if its lines had come one by one, as
 * long as their times ascend and no bound is met.
 */
export const joinSessions = (earlier: Session, later: Session): Session => {
  const { entries } = earlier;
  const places = later.entries.map(({ templateId, count, first }) => {
    let place = entries.findIndex((entry) => entry.templateId === templateId);
    if (place < 0 && entries.length < MAX_ENTRIES) place = entries.push({ templateId, count: 0, first }) - 1;
    if (place < 0) earlier.others += count;
    else entries[place]!.count += count;
    return place;
  });
  // The first line of a session is that of its first entry.
  addStep(earlier, earlier.newest, places[0] ?? -1, 1);
  for (const [step, count] of later.steps) {
    addStep(earlier, places[Math.floor(step / MAX_ENTRIES)]!, places[step % MAX_ENTRIES]!, count);
  }
  earlier.newest = later.newest < 0 ? -1 : places[later.newest]!;
  earlier.longestGapMs = Math.max(earlier.longestGapMs, later.longestGapMs, later.firstMs - earlier.lastMs);
  earlier.firstMs = Math.min(earlier.firstMs, later.firstMs);
  earlier.lastMs = Math.max(earlier.lastMs, later.lastMs);
  earlier.lines += later.lines;
  earlier.others += later.others;
  return earlier;
};
