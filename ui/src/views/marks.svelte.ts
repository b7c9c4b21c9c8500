// Sentences of an answer that are marked on the screen: the one that is spoken, and those that are uncertain. Marks lie over the
// text (CSS Custom Highlight API), so the answer's own elements stay as they are.

import { lettersOf, placesAt, type LetterSpan, type Letters, type Place } from "../state/letters";

type Kind = "spoken" | "uncertain";

/** The text nodes in an element, in order, with their letters in a row. */
export function textsIn(box: HTMLElement): { nodes: Text[]; letters: Letters } {
  const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
  const nodes: Text[] = [];
  while (walker.nextNode()) nodes.push(walker.currentNode as Text);
  return { nodes, letters: lettersOf(nodes.map((node) => node.data)) };
}

function rangeOf(nodes: readonly Text[], [from, to]: [Place, Place]): Range | null {
  const [start, end] = [nodes[from.text], nodes[to.text]];
  if (!start || !end) return null;
  const range = document.createRange();
  range.setStart(start, from.at);
  range.setEnd(end, to.at);
  return range;
}

const known = new Map<Kind, Map<HTMLElement, Range[]>>();

function show(kind: Kind): void {
  const all = [...(known.get(kind)?.values() ?? [])].flat();
  if (all.length > 0) CSS.highlights.set(kind, new Highlight(...all));
  else CSS.highlights.delete(kind);
}

/** Marks parts of an answer; gives back how to take the marks away. The first of them comes into view. */
export function mark(kind: Kind, box: HTMLElement, find: (letters: Letters) => LetterSpan[], scroll: boolean): () => void {
  if (typeof Highlight === "undefined" || !("highlights" in CSS)) return () => undefined;
  const { nodes, letters } = textsIn(box);
  const marked = find(letters).flatMap((span) => {
    const places = placesAt(letters, span);
    return (places && rangeOf(nodes, places)) ?? [];
  });
  const boxes = known.get(kind) ?? new Map<HTMLElement, Range[]>();
  known.set(kind, boxes.set(box, marked));
  show(kind);
  if (scroll) marked[0]?.startContainer.parentElement?.scrollIntoView({ block: "nearest" });
  return () => {
    boxes.delete(box);
    show(kind);
  };
}
