import { expect, test } from "vitest";
import type { Attachment, Picture } from "../contract";
import { chosenPages, neighbour, range, toggled, withPages } from "./pages";

const file = "a".repeat(64);
const picture = (page: number): Picture => ({
  id: page === 1 ? file : `${file}-${page}`, name: "report.pdf", width: 10, height: 14, format: "PDF", bytes: 9, isAnimation: true, notes: [{ note: "page", shown: page, of: 12 }],
});
const attached = (page: number): Attachment => ({ picture: picture(page).id, name: "report.pdf", region: null, turn: 0, maxSide: null });
const other: Attachment = { picture: "b".repeat(64), name: "cat.png", region: null, turn: 0, maxSide: null };
const files = Object.fromEntries([1, 2, 5, 7].map((page) => [picture(page).id, picture(page)]));

test("the pages that are chosen are those of the draft, in order", () => {
  expect(chosenPages({ draft: { text: "", pictures: [attached(7), other, attached(2)] }, files }, file)).toEqual([2, 7]);
  expect(chosenPages({ draft: { text: "", pictures: [other] }, files }, file)).toEqual([]);
});

test("the next page is the next of several that are chosen, and else the next of all", () => {
  const page = (shown: number) => ({ shown, of: 12, isFrame: false });
  expect(neighbour({ page: page(2), chosen: [2, 7] }, 1)).toBe(7);
  expect(neighbour({ page: page(7), chosen: [2, 7] }, 1)).toBe(null);
  expect(neighbour({ page: page(2), chosen: [2] }, 1)).toBe(3);
  expect(neighbour({ page: page(1), chosen: [1] }, -1)).toBe(null);
  expect(neighbour({ page: page(12), chosen: [] }, 1)).toBe(null);
});

test("one page is always chosen", () => {
  expect(toggled([2, 7], 5)).toEqual([2, 5, 7]);
  expect(toggled([2, 7], 2)).toEqual([7]);
  expect(toggled([7], 7)).toEqual([7]);
  expect(range(5, 3)).toEqual([3, 4, 5]);
});

test("choosing pages leaves other pictures where they are, and a chosen page as it is cut", () => {
  const cut = { ...attached(2), region: { x: 1, y: 1, width: 5, height: 5 } };
  const pages = withPages([other, attached(1), cut], file, [picture(2), picture(5)], 512);
  expect(pages).toEqual([other, cut, { ...attached(5), maxSide: 512 }]);
  expect(withPages([other], file, [picture(5)], null)).toEqual([other, attached(5)]);
});
