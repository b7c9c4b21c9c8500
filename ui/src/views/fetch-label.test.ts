import { describe, expect, it } from "vitest";
import { models } from "../backend/fake-fixtures";
import { en } from "../i18n/en";
import { format } from "../state/format";
import { fetchLabel } from "./fetch-label";

describe("the button that fetches a model", () => {
  const [, ready] = models();
  const { bytes } = format("en", en.units);

  it("says how much is fetched, and what of it stays", () => {
    if (!ready) throw new Error("the fixture has two models");
    expect(fetchLabel(ready, en.models, bytes)).toBe("Download 8.4 GB");
    const made = { ...ready, fetchBytes: 25_365_000_000, diskBytes: 7_941_000_000 };
    expect(fetchLabel(made, en.models, bytes)).toBe("Download 25.4 GB, keep 7.9 GB");
  });
});
