// Sentences of an answer that are marked on the screen: the one that is spoken, and those that are uncertain. Marks lie over the
// text (CSS Custom Highlight API), so the answer's own elements stay as they are.

import { placesOf } from "../parts/spoken-range";

type Kind = "spoken" | "uncertain";

function ranges(box: HTMLElement, sentences: readonly string[]): Range[] {
  const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
  const nodes: Text[] = [];
  while (walker.nextNode()) nodes.push(walker.currentNode as Text);
  const places = placesOf(nodes.map((node) => node.data), sentences);
  return places.flatMap((place) => {
    const [from, to] = place ?? [];
    const start = from && nodes[from.text];
    const end = to && nodes[to.text];
    if (!from || !to || !start || !end) return [];
    const range = document.createRange();
    range.setStart(start, from.at);
    range.setEnd(end, to.at);
    return [range];
  });
}

const known = new Map<Kind, Map<HTMLElement, Range[]>>();

function show(kind: Kind): void {
  const all = [...(known.get(kind)?.values() ?? [])].flat();
  if (all.length > 0) CSS.highlights.set(kind, new Highlight(...all));
  else CSS.highlights.delete(kind);
}

/** Marks sentences in an answer; gives back how to take the marks away. The first of them comes into view. */
export function mark(kind: Kind, box: HTMLElement, sentences: readonly string[], which: (index: number) => boolean, scroll: boolean): () => void {
  if (typeof Highlight === "undefined" || !("highlights" in CSS)) return () => undefined;
  const marked = ranges(box, sentences).filter((_, index) => which(index));
  const boxes = known.get(kind) ?? new Map<HTMLElement, Range[]>();
  known.set(kind, boxes.set(box, marked));
  show(kind);
  if (scroll) marked[0]?.startContainer.parentElement?.scrollIntoView({ block: "nearest" });
  return () => {
    boxes.delete(box);
    show(kind);
  };
}
