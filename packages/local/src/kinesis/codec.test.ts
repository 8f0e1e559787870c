import { describe, expect, it } from "vitest";
import { codecFor } from "./codec.ts";

describe("codecFor", () => {
  it("finds a codec by content type, whatever its case and parameters", () => {
    expect(codecFor("application/x-amz-json-1.1")).toBeDefined();
    expect(codecFor("Application/X-AMZ-JSON-1.1; charset=utf-8")).toBe(codecFor("application/x-amz-json-1.1"));
    expect(codecFor("application/json")).toBeUndefined();
    expect(codecFor(undefined)).toBeUndefined();
  });

  it("writes blobs as base64 and times as seconds in JSON", () => {
    const answer = {
      Data: Buffer.from("tide"),
      At: new Date(1500),
      Left: undefined,
      Deep: [{ Data: Buffer.alloc(0) }],
    };
    const text = Buffer.from(codecFor("application/x-amz-json-1.1")!.encode(answer)).toString();
    expect(JSON.parse(text)).toEqual({ Data: "dGlkZQ==", At: 1.5, Deep: [{ Data: "" }] });
  });

  it("writes blobs as bytes and times as tagged milliseconds in CBOR", () => {
    const codec = codecFor("application/x-amz-cbor-1.1")!;
    const written = Buffer.from(codec.encode({ Data: Buffer.from("tide"), At: new Date(1_763_000_000_000) }));
    // A2, "Data", 44 "tide", "At", C1 1B <1763000000000>
    expect(written.toString("hex")).toBe("a264446174614474696465624174c11b0000019a7afd1e00");
    expect(codec.decode(written)).toEqual({ Data: Buffer.from("tide"), At: new Date(1_763_000_000_000) });
  });

  it("refuses JSON that is not UTF-8", () => {
    expect(() => codecFor("application/x-amz-json-1.1")!.decode(Buffer.from([0x22, 0xff, 0x22]))).toThrow(/valid JSON/);
  });
});
