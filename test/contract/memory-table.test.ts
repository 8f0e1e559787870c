import { memoryTable } from "../support/memory-table.ts";
import { tableContract } from "./table.ts";

tableContract("memory table of the tests", async (now) => ({ table: memoryTable(now), close: async () => {} }));
