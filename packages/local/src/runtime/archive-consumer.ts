import { archiveHandler } from "@tidewatch/functions/archive-handler";
import type { HandlerModule } from "../consumer/handler-module.ts";

export const createHandler: HandlerModule["createHandler"] = ({ table, blobs }) => archiveHandler({ table, blobs });
