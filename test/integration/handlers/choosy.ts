import type { ProbeModule } from "@tidewatch/local/consumer/handler-module";

/** Wants what ends in "wanted". */
export const wants: ProbeModule["wants"] = (bytes, _from, to) => bytes.toString("utf8", to - 6, to) === "wanted";
