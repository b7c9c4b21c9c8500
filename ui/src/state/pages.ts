// The pages of a document: which are chosen for the next question, and which is next to one.

import type { Attachment, Picture } from "../contract";
import { numbered, type AppState } from "./app-state";
import { pageOf, type Page } from "./notes";

/** The file that a picture is a page of. */
export function fileOf(id: string): string {
  return id.split("-")[0] ?? id;
}

/** A document that is on the stage. */
export interface OnStage {
  /** The picture that is shown. */
  picture: Picture;
  page: Page;
  /** The pages of it that are chosen for the next question, in order. */
  chosen: number[];
}

/** From this length on, a picture that is much longer than wide can be taken as pages: the backend says the same. */
const MIN_LONG = 2048;
const LONG = 3;

/** Whether a picture can be taken as overlapping pages: all of a file that has no pages of its own. */
export function isLong({ id, width, height, notes }: Picture): boolean {
  const [long, short] = [Math.max(width, height), Math.min(width, height)];
  return fileOf(id) === id && pageOf(notes) === null && long >= MIN_LONG && long > LONG * short;
}

/** The whole of the long picture whose part is on the stage, where it is known. */
export function wholeOfPart(state: AppState): Picture | null {
  const onStage = documentOnStage(state);
  const whole = onStage && state.files[fileOf(onStage.picture.id)];
  return whole && isLong(whole) ? whole : null;
}

type Chosen = Pick<AppState, "draft" | "files">;

/** The pages of a file that are chosen for the next question, in order. */
export function chosenPages(state: Chosen, file: string): number[] {
  const pages = state.draft.pictures.filter((one) => fileOf(one.picture) === file).map((one) => shownPage(state, one));
  return [...new Set(pages.filter((page) => page !== null))].toSorted((a, b) => a - b);
}

/** Which page of its file an attached picture is. */
export function shownPage(state: Pick<AppState, "files">, attachment: Attachment): number | null {
  return pageOf(state.files[attachment.picture]?.notes ?? [])?.shown ?? null;
}

/** The document on the stage; null for a picture that is no page of one. */
export function documentOnStage(state: AppState): OnStage | null {
  const picture = numbered(state)[state.onStage]?.picture;
  const page = picture ? pageOf(picture.notes) : null;
  if (!picture || !page || page.isFrame) return null;
  return { picture, page, chosen: chosenPages(state, fileOf(picture.id)) };
}

/** The page before or after the one that is shown: of several that are chosen, the next of those. */
export function neighbour({ page, chosen }: { page: Page; chosen: number[] }, by: 1 | -1): number | null {
  const among = chosen.length > 1 && chosen.includes(page.shown) ? chosen : null;
  const to = among ? among[among.indexOf(page.shown) + by] : page.shown + by;
  return to !== undefined && to >= 1 && to <= page.of ? to : null;
}

/** The pages from one to another, in order. */
export function range(from: number, to: number): number[] {
  const first = Math.min(from, to);
  return Array.from({ length: Math.abs(to - from) + 1 }, (_, index) => first + index);
}

/** The pages with one more, or without it. One is always chosen. */
export function toggled(chosen: number[], page: number): number[] {
  if (!chosen.includes(page)) return [...chosen, page].toSorted((a, b) => a - b);
  return chosen.length > 1 ? chosen.filter((one) => one !== page) : chosen;
}

/** What a draft attaches when these pages of a file are chosen: those that were chosen before stay as they are. */
export function withPages(attached: Attachment[], file: string, pages: Picture[], maxSide: number | null): Attachment[] {
  const others = (one: Attachment): boolean => fileOf(one.picture) !== file;
  const at = attached.findIndex((one) => !others(one));
  const before = (at < 0 ? attached : attached.slice(0, at)).filter(others);
  const after = at < 0 ? [] : attached.slice(at).filter(others);
  const chosen = pages.map(
    (picture): Attachment => attached.find((one) => one.picture === picture.id) ?? { picture: picture.id, name: picture.name, region: null, turn: 0, maxSide },
  );
  return [...before, ...chosen, ...after];
}
