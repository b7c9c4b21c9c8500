// How wide text is, for letters' places in a line of a picture. The picture's own font is not known: a common one comes close,
// and where all letters are as wide, that is seen from the lines.

import type { PrefixWidth } from "../state/line-layout";

/** Pixels; large, so that no width is rounded away. */
const SIZE = 100;
const PROPORTIONAL = `${SIZE}px sans-serif`;

let context: OffscreenCanvasRenderingContext2D | null | undefined;

function measured(text: string): number {
  if (context === undefined) {
    context = typeof OffscreenCanvas === "undefined" ? null : new OffscreenCanvas(1, 1).getContext("2d");
    if (context) context.font = PROPORTIONAL;
  }
  return context ? context.measureText(text).width / SIZE : text.length / 2;
}

/** The width of a text at a size of one pixel. */
export function naturalWidth(text: string): number {
  return measured(text);
}

export function prefixOf(text: string, isMonospaced: boolean): PrefixWidth {
  return isMonospaced ? (n) => n : (n) => measured(text.slice(0, n));
}
