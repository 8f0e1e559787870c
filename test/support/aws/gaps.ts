import type { Gaps } from "../../contract/gaps.ts";

const CONDITIONAL_PUT = "fauxqs 2.4.1 ignores If-None-Match on a put";
const ORDER = "fauxqs 2.4.1 sorts keys by language, not by UTF-8 bytes";

export const FAUXQS_GAPS: Gaps = {
  "writes once, and says false afterwards without a change": CONDITIONAL_PUT,
  "of many at once exactly one wins, and its bytes are the ones kept": CONDITIONAL_PUT,
  "orders whole keys by UTF-8 bytes, the slash being a byte like any other": ORDER,
  "pages through any set of keys without gap or repeat": ORDER,
};

export const KINESIS_LOCAL_GAPS: Gaps = {
  "an explicit hash key decides instead; the ends of each range belong to it":
    "kinesis-local 0.6.2 divides 2^128 − 1 among the shards, so that its ranges end one key early",
};
