#!/usr/bin/env node
import { Command } from "commander";
import { collectCommand } from "./commands/collect.ts";

const program = new Command("tidewatch").description("Finds anomalies in metrics and logs.");
program.addCommand(collectCommand());
await program.parseAsync();
