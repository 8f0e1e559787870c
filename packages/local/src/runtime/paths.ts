import { join } from "node:path";

/** What lies where in a data folder. */
export const dataPaths = (directory: string) => ({
  stream: join(directory, "stream.sqlite"),
  table: join(directory, "table.sqlite"),
  bus: join(directory, "bus.sqlite"),
  schedules: join(directory, "schedules.sqlite"),
  objects: join(directory, "objects"),
  /** What DuckDB puts aside while it is at work. */
  work: join(directory, "work"),
  mail: join(directory, "mail"),
  lock: join(directory, "lock.sqlite"),
  lockHolder: join(directory, "lock.json"),
});
