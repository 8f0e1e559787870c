import fc from "fast-check";
import { expect, test } from "vitest";
import { html } from "./html.ts";

test("what is put in stays text, in a body and in an attribute", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const page = html`<p title="${text}">${text}</p>`.html;
      expect(page.match(/[<>]/g)).toEqual(["<", ">", "<", ">"]);
      expect(page.match(/["']/g)).toEqual(['"', '"']);
      expect(page).not.toMatch(/\p{Bidi_Control}|\p{Cc}/u);
      expect(page.isWellFormed()).toBe(true);
      expect(page.replaceAll(/&(?:amp|lt|gt|quot|#39);/g, "")).not.toContain("&");
    }),
  );
});

test("what was made here is put in as it is", () => {
  const parts = ["a", "<b>"].map((text) => html`<i>${text}</i>`);
  expect(html`<p>${parts}${3}</p>`.html).toBe("<p><i>a</i><i>&lt;b&gt;</i>3</p>");
});
