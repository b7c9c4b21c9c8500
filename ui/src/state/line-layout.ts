// Where the lines of a picture's text lie, and where in a line a letter is. All in pixels of the picture as it is kept.

import type { Point, TextLine } from "../contract";

/** A line as a rectangle that may be turned: from the start of its upper edge, in the direction of reading. */
export interface LineFrame {
  x: number;
  y: number;
  width: number;
  height: number;
  /** Radians, clockwise. */
  angle: number;
}

/** A part of a line, in UTF-16 units of its text. */
export interface Piece {
  line: number;
  from: number;
  to: number;
}

/** The width of the first `n` units of a line's text; only its ratio to the width of all of them counts. */
export type PrefixWidth = (n: number) => number;

const NOTHING: LineFrame = { x: 0, y: 0, width: 0, height: 0, angle: 0 };

/** The rectangle of four corners, clockwise from the start of the line; a skewed one becomes its mean. */
export function frameOfLine(box: readonly Point[]): LineFrame {
  const [a, b, c, d] = box;
  if (!a || !b || !c || !d) return NOTHING;
  const along = { x: (b.x - a.x + c.x - d.x) / 2, y: (b.y - a.y + c.y - d.y) / 2 };
  const down = { x: (d.x - a.x + c.x - b.x) / 2, y: (d.y - a.y + c.y - b.y) / 2 };
  const width = Math.hypot(along.x, along.y);
  const height = Math.hypot(down.x, down.y);
  const angle = width > 0 ? Math.atan2(along.y, along.x) : 0;
  // Around the middle, so that the mean of the sides does not move it.
  const middle = { x: (a.x + b.x + c.x + d.x) / 4, y: (a.y + b.y + c.y + d.y) / 4 };
  const from = { x: -width / 2, y: -height / 2 };
  return { ...placed(middle, angle, from), width, height, angle };
}

/** `at`, in a frame of that origin and angle, as a point of the picture. */
function placed(origin: Point, angle: number, at: Point): Point {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return { x: origin.x + at.x * cos - at.y * sin, y: origin.y + at.x * sin + at.y * cos };
}

/** A point of the picture as it is seen from a line: `x` along it, `y` across it. */
export function inFrame(frame: LineFrame, point: Point): Point {
  return placed({ x: 0, y: 0 }, -frame.angle, { x: point.x - frame.x, y: point.y - frame.y });
}

/** A point of a line as a point of the picture. */
export function fromFrame(frame: LineFrame, at: Point): Point {
  return placed(frame, frame.angle, at);
}

/** The part of a frame from one share of its width to another. */
export function cut(frame: LineFrame, from: number, to: number): LineFrame {
  return { ...frame, ...fromFrame(frame, { x: frame.width * from, y: 0 }), width: frame.width * Math.max(0, to - from) };
}

/** Whether a line rises or falls by so little that an upright box is as good as one along it. */
export function isLevel({ angle, width, height }: LineFrame): boolean {
  return Math.cos(angle) > 0 && Math.abs(Math.sin(angle)) * width < 0.4 * height;
}

/** A CSS transform that lays a box of `naturalWidth` and the frame's height onto the frame. */
export function transformOf(frame: LineFrame, naturalWidth: number): string {
  const stretch = naturalWidth > 0 ? frame.width / naturalWidth : 1;
  const [cos, sin] = [Math.cos(frame.angle), Math.sin(frame.angle)];
  const all = [cos * stretch, sin * stretch, -sin, cos, frame.x, frame.y];
  return `matrix(${all.map((value) => Number(value.toFixed(5))).join(", ")})`;
}

/** A frame that is larger by so much on each side. */
export function outset(frame: LineFrame, by: number): LineFrame {
  return { ...frame, ...fromFrame(frame, { x: -by, y: -by }), width: frame.width + 2 * by, height: frame.height + 2 * by };
}

const at = ({ x, y }: Point): string => `${Math.round(x * 100) / 100} ${Math.round(y * 100) / 100}`;

/** The edge of a frame, as a part of an SVG path. */
export function outlineOf(frame: LineFrame): string {
  const { width, height } = frame;
  return `M${at(frame)}L${at(fromFrame(frame, { x: width, y: 0 }))}L${at(fromFrame(frame, { x: width, y: height }))}L${at(fromFrame(frame, { x: 0, y: height }))}Z`;
}

/** The lower edge of a frame, as a part of an SVG path. */
export function footOf(frame: LineFrame): string {
  return `M${at(fromFrame(frame, { x: 0, y: frame.height }))}L${at(fromFrame(frame, { x: frame.width, y: frame.height }))}`;
}

/** The edge where a frame begins, as a part of an SVG path. */
export function startOf(frame: LineFrame): string {
  return `M${at(frame)}L${at(fromFrame(frame, { x: 0, y: frame.height }))}`;
}

/** The share of a line's width at which its unit `n` begins. */
export function shareOf(prefix: PrefixWidth, length: number, n: number): number {
  const all = prefix(length);
  if (n <= 0 || all <= 0) return 0;
  return n >= length ? 1 : Math.min(1, prefix(n) / all);
}

/** The boundary between two letters that is nearest to a share of the line's width. */
export function unitAt(prefix: PrefixWidth, boundaries: readonly number[], share: number): number {
  const length = boundaries.at(-1) ?? 0;
  let [low, high] = [0, boundaries.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (shareOf(prefix, length, boundaries[middle] ?? 0) <= share) low = middle;
    else high = middle;
  }
  const [before, after] = [boundaries[low] ?? 0, boundaries[high] ?? 0];
  const isNearer = share - shareOf(prefix, length, before) <= shareOf(prefix, length, after) - share;
  return isNearer ? before : after;
}

/** The line that a point is in, or that is nearest; -1 without lines. What is beside a line is nearer than what is below it. */
export function nearestLine(frames: readonly LineFrame[], point: Point): number {
  let best = -1;
  let least = Infinity;
  for (const [index, frame] of frames.entries()) {
    const { x, y } = inFrame(frame, point);
    const beside = Math.max(0, -x, x - frame.width);
    const below = Math.max(0, -y, y - frame.height);
    const distance = Math.hypot(beside, 3 * below);
    if (distance < least) [best, least] = [index, distance];
  }
  return best;
}

/** The upright rectangle around some frames. */
export function around(frames: readonly LineFrame[]): { x: number; y: number; width: number; height: number } | null {
  const corners = frames.flatMap((frame) =>
    [[0, 0], [1, 0], [1, 1], [0, 1]].map(([x = 0, y = 0]) => fromFrame(frame, { x: x * frame.width, y: y * frame.height })),
  );
  if (corners.length === 0) return null;
  const xs = corners.map((one) => one.x);
  const ys = corners.map((one) => one.y);
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}

export function framesOf(lines: readonly TextLine[]): LineFrame[] {
  return lines.map((line) => frameOfLine(line.box));
}

/** How much numbers differ, relative to their middle. */
function spread(values: readonly number[]): number {
  const middle = (all: readonly number[]): number => all.toSorted((a, b) => a - b)[all.length >> 1] ?? 0;
  const of = middle(values);
  return of > 0 ? middle(values.map((value) => Math.abs(value - of))) / of : Infinity;
}

/** Lines with fewer letters say little of the width of a letter. */
const N_LETTERS = 6;

/** Whether the letters of a picture are all as wide, as in a terminal: then its lines are as wide as they have letters. */
export function isMonospaced(lines: readonly { text: string; frame: LineFrame; naturalWidth: number }[]): boolean {
  const long = lines.filter(({ text, frame, naturalWidth }) => text.length >= N_LETTERS && frame.height > 0 && naturalWidth > 0);
  if (long.length < 4) return false;
  const byCount = spread(long.map(({ text, frame }) => frame.width / text.length));
  const byWidth = spread(long.map(({ naturalWidth, frame }) => frame.width / naturalWidth));
  return byCount < 0.03 && byCount < byWidth / 2;
}
