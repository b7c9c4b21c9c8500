// How wide the window is in letters rather than pixels: large text is laid out like a narrow window.

import { innerWidth } from "svelte/reactivity/window";

const REM_PX = 16;

/** Below this the picture stands above the conversation instead of beside it: 900 px at 100 %. */
const STACKED_REM = 56.25;
/** From here on there is room for a column of chats as well; else they are a drawer. */
const COLUMN_REM = 70;
const NARROW_REM = 36;

export interface Layout {
  stacked: boolean;
  chatsBeside: boolean;
  narrow: boolean;
}

export function layoutAt(widthPx: number, textPercent: number): Layout {
  const rem = widthPx / ((REM_PX * textPercent) / 100);
  return { stacked: rem < STACKED_REM, chatsBeside: rem >= COLUMN_REM, narrow: rem < NARROW_REM };
}

/** Reads the window's width now; reactive where it is used in an effect or a derived value. */
export function layoutNow(textPercent: number): Layout {
  return layoutAt(innerWidth.current ?? 1280, textPercent);
}
