// The text of the picture on the stage as the stage shows it: where its lines are, and what is marked in it.

import type { WindowState } from "../run.svelte";
import { framesOf, isMonospaced, around, type LineFrame, type Piece } from "../state/line-layout";
import { piecesOf, piecesOfLines, type LaidText, type Span } from "../state/picture-text";
import { found, searchable } from "../state/text-find";
import { naturalWidth } from "./measure-text";

export type MarkKind = "found" | "current" | "pointed" | "spoken";

export interface Mark {
  kind: MarkKind;
  pieces: Piece[];
}

/** The lines of a text with their places; all of it is known once. */
export interface Shown {
  laid: LaidText;
  frames: readonly LineFrame[];
  /** The width of each line at a size of one pixel. */
  naturalWidths: readonly number[];
  isMonospaced: boolean;
}

function shownOf(laid: LaidText): Shown {
  const frames = framesOf(laid.lines);
  const naturalWidths = laid.lines.map((line) => naturalWidth(line.text));
  const lines = laid.lines.map(({ text }, index) => ({ text, frame: frames[index] as LineFrame, naturalWidth: naturalWidths[index] ?? 0 }));
  return { laid, frames, naturalWidths, isMonospaced: isMonospaced(lines) };
}

export class TextView {
  readonly #ui: WindowState;
  constructor(ui: WindowState) {
    this.#ui = ui;
  }

  readonly #texts = $derived.by(() => this.#ui.state.texts);
  readonly picture = $derived.by(() => this.#ui.numbered[Math.min(this.#ui.state.onStage, this.#ui.numbered.length - 1)]?.attachment.picture ?? null);
  readonly of = $derived.by(() => (this.picture === null ? null : (this.#texts.of[this.picture] ?? null)));
  readonly laid = $derived.by(() => (this.of?.at === "read" ? this.of.laid : null));
  /** The lines, where they are wanted on the picture. */
  readonly shown = $derived.by(() => (this.laid && this.laid.lines.length > 0 && this.#texts.shown ? shownOf(this.laid) : null));

  readonly find = $derived.by(() => this.#texts.find);
  readonly #isFinding = $derived(this.find !== null);
  readonly #searchable = $derived.by(() => (this.laid && this.#isFinding ? searchable(this.laid) : null));
  readonly #wanted = $derived.by(() => this.find?.text ?? "");
  readonly #each = $derived.by(() => this.find?.each ?? false);
  readonly hits: Span[] = $derived.by(() => (this.#searchable ? found(this.#searchable, { text: this.#wanted, each: this.#each }) : []));
  /** Which of the hits is the current one, from 0; -1: there is none. */
  readonly current = $derived.by(() => {
    const n = this.hits.length;
    return n === 0 || !this.find ? -1 : ((this.find.turn % n) + n) % n;
  });
  readonly currentHit = $derived.by(() => this.hits[this.current] ?? null);

  readonly #pointed = $derived.by(() => this.#texts.pointed);
  readonly pointed = $derived.by(() => (this.#pointed && this.#pointed.picture === this.picture ? this.#pointed.lines : null));
  readonly #heard = $derived.by(() => this.#texts.heard);
  readonly heard = $derived.by(() => (this.#heard && this.#heard.picture === this.picture ? this.#heard.part : null));

  readonly marks: Mark[] = $derived.by(() => {
    const { laid } = this;
    if (!laid) return [];
    const marks: Mark[] = this.hits.map((hit, index) => ({ kind: index === this.current ? "current" : "found", pieces: piecesOf(laid.spans, hit) }));
    if (this.pointed) marks.push({ kind: "pointed", pieces: piecesOfLines(laid, this.pointed) });
    if (this.heard) marks.push({ kind: "spoken", pieces: piecesOf(laid.spans, this.heard) });
    return marks;
  });

  /** The upright rectangle around the lines of some pieces, in pixels of the picture. */
  around(pieces: readonly Piece[]): { x: number; y: number; width: number; height: number } | null {
    const { shown } = this;
    return shown ? around(pieces.flatMap(({ line }) => shown.frames[line] ?? [])) : null;
  }
}
