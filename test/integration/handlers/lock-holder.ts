import { lockDirectory } from "@tidewatch/local/runtime/lock";

/** Holds a data folder until it is killed. */
lockDirectory(process.argv[2]!);
process.send!("locked");
setInterval(() => {}, 1000);
