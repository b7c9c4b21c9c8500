// Where things lie on a picture that is turned and zoomed. Unit coordinates run from 0 to 1 over the whole picture.

import type { Point, Region } from "../contract";

export interface Size {
  width: number;
  height: number;
}

/** A frame in unit coordinates. */
export interface Frame {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** From the picture as it is shown, `turn` quarters clockwise, back to the upright one. */
export function upright({ x, y }: Point, turn: number): Point {
  switch (turn % 4) {
    case 1:
      return { x: y, y: 1 - x };
    case 2:
      return { x: 1 - x, y: 1 - y };
    case 3:
      return { x: 1 - y, y: x };
    default:
      return { x, y };
  }
}

/** From the upright picture to how it is shown. */
export function turned(point: Point, turn: number): Point {
  return upright(point, (4 - (turn % 4)) % 4);
}

function between(a: Point, b: Point): Frame {
  return { x: Math.min(a.x, b.x), y: Math.min(a.y, b.y), width: Math.abs(a.x - b.x), height: Math.abs(a.y - b.y) };
}

/** The frame that two corners span, kept inside the picture. */
export function frameOf(a: Point, b: Point): Frame {
  const inside = ({ x, y }: Point): Point => ({ x: Math.min(1, Math.max(0, x)), y: Math.min(1, Math.max(0, y)) });
  return between(inside(a), inside(b));
}

/** A frame on the shown picture as whole pixels of the upright one; at least one pixel. */
export function regionOf(frame: Frame, turn: number, picture: Size): Region {
  const a = upright(frame, turn);
  const b = upright({ x: frame.x + frame.width, y: frame.y + frame.height }, turn);
  const { x, y, width, height } = between(a, b);
  const left = Math.min(picture.width - 1, Math.round(x * picture.width));
  const top = Math.min(picture.height - 1, Math.round(y * picture.height));
  return {
    x: left,
    y: top,
    width: Math.max(1, Math.min(picture.width - left, Math.round(width * picture.width))),
    height: Math.max(1, Math.min(picture.height - top, Math.round(height * picture.height))),
  };
}

/** The reverse of `regionOf`. */
export function shownFrame(region: Region, turn: number, picture: Size): Frame {
  const a = turned({ x: region.x / picture.width, y: region.y / picture.height }, turn);
  const b = turned({ x: (region.x + region.width) / picture.width, y: (region.y + region.height) / picture.height }, turn);
  return between(a, b);
}

/** Moves or sizes a frame by steps, and keeps it inside. */
export function nudged(frame: Frame, dx: number, dy: number, sizes: boolean): Frame {
  const SMALLEST = 0.02;
  if (sizes) {
    return {
      ...frame,
      width: Math.min(1 - frame.x, Math.max(SMALLEST, frame.width + dx)),
      height: Math.min(1 - frame.y, Math.max(SMALLEST, frame.height + dy)),
    };
  }
  return {
    ...frame,
    x: Math.min(1 - frame.width, Math.max(0, frame.x + dx)),
    y: Math.min(1 - frame.height, Math.max(0, frame.y + dy)),
  };
}

export function turnedSize({ width, height }: Size, turn: number): Size {
  return turn % 2 === 0 ? { width, height } : { width: height, height: width };
}

/** The scale at which a picture fills the room. A small one grows, but not beyond what is still the picture. */
export function fitScale(picture: Size, room: Size): number {
  if (picture.width <= 0 || picture.height <= 0 || room.width <= 0 || room.height <= 0) return 1;
  return Math.min(room.width / picture.width, room.height / picture.height, 3);
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
