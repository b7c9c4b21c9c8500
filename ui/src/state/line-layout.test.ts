import { describe, expect, it } from "vitest";
import type { Point } from "../contract";
import { around, cut, frameOfLine, fromFrame, inFrame, isLevel, isMonospaced, nearestLine, footOf, outlineOf, outset, startOf, transformOf, unitAt, type LineFrame } from "./line-layout";

const box = (...corners: [number, number][]): Point[] => corners.map(([x, y]) => ({ x, y }));
const level = box([10, 20], [110, 20], [110, 40], [10, 40]);
const near = (a: Point, b: Point): void => {
  expect(a.x).toBeCloseTo(b.x, 4);
  expect(a.y).toBeCloseTo(b.y, 4);
};

/** Where CSS puts a point of a box that has this transform. */
function applied(transform: string, { x, y }: Point): Point {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = transform.slice("matrix(".length, -1).split(",").map(Number);
  return { x: a * x + c * y + e, y: b * x + d * y + f };
}

describe("the frame of a line", () => {
  it("is its box, whichever way the line runs", () => {
    expect(frameOfLine(level)).toEqual({ x: 10, y: 20, width: 100, height: 20, angle: 0 });
    // Text that runs downwards begins at the upper right of its box.
    const down = frameOfLine(box([40, 10], [40, 110], [20, 110], [20, 10]));
    expect([down.width, down.height]).toEqual([100, 20]);
    expect(down.angle).toBeCloseTo(Math.PI / 2);
    near(down, { x: 40, y: 10 });
    const upsideDown = frameOfLine(box([110, 40], [10, 40], [10, 20], [110, 20]));
    expect(Math.abs(upsideDown.angle)).toBeCloseTo(Math.PI);
    near(upsideDown, { x: 110, y: 40 });
  });

  it("is the mean of a skewed box, around the same middle", () => {
    const skewed = frameOfLine(box([0, 0], [100, 2], [100, 22], [0, 18]));
    expect(skewed.width).toBeCloseTo(100.02, 1);
    expect(skewed.height).toBeCloseTo(19, 1);
    near(fromFrame(skewed, { x: skewed.width / 2, y: skewed.height / 2 }), { x: 50, y: 10.5 });
  });

  it("is nothing without four corners, and no number is lost", () => {
    expect(frameOfLine([])).toEqual({ x: 0, y: 0, width: 0, height: 0, angle: 0 });
    const point = frameOfLine(box([5, 5], [5, 5], [5, 5], [5, 5]));
    expect(Object.values(point).every(Number.isFinite)).toBe(true);
    expect(transformOf(point, 0)).not.toMatch(/NaN|Infinity/);
  });
});

it("a box of any width fills the line", () => {
  const frame = frameOfLine(box([40, 10], [40, 110], [20, 110], [20, 10]));
  const transform = transformOf(frame, 250);
  near(applied(transform, { x: 0, y: 0 }), { x: 40, y: 10 });
  near(applied(transform, { x: 250, y: 0 }), { x: 40, y: 110 });
  near(applied(transform, { x: 250, y: 20 }), { x: 20, y: 110 });
  near(fromFrame(frame, inFrame(frame, { x: 33, y: 44 })), { x: 33, y: 44 });
});

it("a line is level while its box is", () => {
  const turned = (degrees: number): LineFrame => ({ x: 0, y: 0, width: 400, height: 20, angle: (degrees * Math.PI) / 180 });
  expect([0, 1, -1, 2, 90, 180, -179].map((degrees) => isLevel(turned(degrees)))).toEqual([true, true, true, false, false, false, false]);
});

it("what is marked is drawn along the line", () => {
  const down = frameOfLine(box([40, 10], [40, 110], [20, 110], [20, 10]));
  expect(outlineOf(down)).toBe("M40 10L40 110L20 110L20 10Z");
  expect(footOf(down)).toBe("M20 10L20 110");
  expect(outlineOf(outset(down, 2))).toBe("M42 8L42 112L18 112L18 8Z");
  expect(startOf(down)).toBe("M40 10L20 10");
});

it("a part of a line is cut out along it", () => {
  const half = cut(frameOfLine(level), 0.25, 0.75);
  expect(half).toEqual({ x: 35, y: 20, width: 50, height: 20, angle: 0 });
});

it("a place in a line is the nearest boundary between letters", () => {
  // An "m" is three times as wide as an "i".
  const width = (n: number): number => [..."mimi".slice(0, n)].reduce((sum, letter) => sum + (letter === "m" ? 3 : 1), 0);
  const boundaries = [0, 1, 2, 3, 4];
  expect([0, 0.15, 0.2, 0.4, 0.45, 0.6, 0.99, 1, 7].map((share) => unitAt(width, boundaries, share))).toEqual([0, 0, 1, 1, 2, 2, 4, 4, 4]);
  // Between the halves of a letter there is no boundary.
  expect(unitAt((n) => n, [0, 2, 3], 0.34)).toBe(2);
  expect(unitAt(() => 0, [0], 0.5)).toBe(0);
});

it("a pointer between lines belongs to the one beside it", () => {
  const lines = [level, box([10, 60], [110, 60], [110, 80], [10, 80]), box([200, 20], [300, 20], [300, 40], [200, 40])].map(frameOfLine);
  expect(nearestLine(lines, { x: 50, y: 30 })).toBe(0);
  expect(nearestLine(lines, { x: 50, y: 55 })).toBe(1);
  expect(nearestLine(lines, { x: 180, y: 38 })).toBe(2);
  expect(nearestLine(lines, { x: 130, y: 30 })).toBe(0);
  expect(nearestLine([], { x: 0, y: 0 })).toBe(-1);
});

it("what is around turned lines has all of them", () => {
  expect(around([frameOfLine(level), frameOfLine(box([40, 110], [40, 10], [60, 10], [60, 110]))])).toEqual({ x: 10, y: expect.closeTo(10), width: 100, height: expect.closeTo(100) });
  expect(around([])).toBeNull();
});

it("knows letters of one width by the lines that they make", () => {
  const lines = (widthOf: (text: string) => number) =>
    ["iiiiiiiiii", "wwwwwwww", "mixed letters", "another line here", "lilliput ill"].map((text) => {
      const frame: LineFrame = { x: 0, y: 0, width: widthOf(text), height: 20, angle: 0 };
      return { text, frame, naturalWidth: [...text].reduce((sum, letter) => sum + ("il ".includes(letter) ? 0.25 : "mw".includes(letter) ? 0.85 : 0.55), 0) };
    });
  expect(isMonospaced(lines((text) => text.length * 12))).toBe(true);
  const natural = lines(() => 1);
  expect(isMonospaced(natural.map((line) => ({ ...line, frame: { ...line.frame, width: line.naturalWidth * 20 } })))).toBe(false);
  expect(isMonospaced([])).toBe(false);
});
