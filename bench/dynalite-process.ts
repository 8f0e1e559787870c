import { startDynalite } from "../test/support/aws/emulators.ts";

/** A table in a process of its own, so that its CPU time is not counted as ours. Ends with its standard input. */
const { url, close } = await startDynalite();
console.log(url);
process.stdin.on("end", close).resume();
