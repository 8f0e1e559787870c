import { expect, it } from "vitest";
import { addressesText } from "./summary.ts";

const ADDRESSES = { url: "http://localhost:3000", kinesisUrl: "http://localhost:4567" };

it("names the page's address only where there is a page", () => {
  const [built, missing] = [true, false].map((hasPage) => addressesText({ ...ADDRESSES, hasPage }).split("\n"));
  expect(built?.[0]).toMatch(/^ {2}page +http:\/\/localhost:3000$/);
  expect(missing?.[0]).toMatch(/^ {2}page +not built; npm run setup$/);
  expect(missing?.slice(1)).toEqual(built?.slice(1));
});
