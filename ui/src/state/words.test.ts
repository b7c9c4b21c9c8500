import { expect, it } from "vitest";
import { countWords } from "./words";

it.each([
  ["", 0],
  ["  \n", 0],
  ["one", 1],
  ["It’s 14.50 €, isn't it?", 4],
  ["a – b … c", 3],
  ["- 日本語 text", 4],
  ["é\u0301t\u00e9 \u{1f642}", 1],
])("%j has %i words", (text, n) => expect(countWords(text)).toBe(n));
