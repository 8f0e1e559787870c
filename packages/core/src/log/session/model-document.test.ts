import fc from "fast-check";
import { expect, test } from "vitest";
import { documentOf, sessionModelOf } from "./model-document.ts";
import { fitSessions } from "./session-model.ts";
import { SIGNATURE_PARAMS } from "./signature.ts";

const counts = fc
  .dictionary(fc.constantFrom("a", "b", "c", "d", "e"), fc.integer({ min: 1, max: 9 }))
  .map((spec) => new Map(Object.entries(spec)));

test("a model read back from its document is the same model", () => {
  fc.assert(
    fc.property(fc.array(counts, { maxLength: 60 }), fc.boolean(), (training, isNormal) => {
      const params = { ...SIGNATURE_PARAMS, training: isNormal ? ("normal" as const) : ("unlabelled" as const) };
      const model = fitSessions(training, new Set(["b"]), params);
      const document = JSON.parse(JSON.stringify(documentOf(model)));
      const read = sessionModelOf(document, "model");
      expect(read).toEqual(model);
      expect(JSON.stringify(documentOf(read))).toBe(JSON.stringify(document));
    }),
  );
});

test("other documents are refused", () => {
  const document = documentOf(fitSessions([new Map([["a", 1]])], new Set()));
  expect(() => sessionModelOf({ ...document, version: 2 }, "model 7")).toThrow("model 7 is no session model");
  const short = { ...document, signatures: [{ counts: [], sessions: 1 }] };
  expect(() => sessionModelOf(short, "model 7")).toThrow("not as long as its templates");
});
