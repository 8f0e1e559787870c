import { Command } from "commander";
export const scoreCommand = () => new Command("score");
