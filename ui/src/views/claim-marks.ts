// What an answer claims, marked where it stands in the answer: what the picture has can be pressed, and shows the place; what
// it does not have says so. Elements are put around the words and taken away again, so the answer stays as it was rendered.

import type { PlacedClaim } from "../contract";
import { placesAt, shownAt } from "../state/letters";
import { unitsOf } from "../state/picture-text";
import { textsIn } from "./marks.svelte";

interface ClaimWords {
  show: string;
  missing: string;
}

/** Wraps the claims in `box`, which shows the Markdown `source`; gives back how to unwrap them. */
export function markClaims(box: HTMLElement, source: string, claims: readonly PlacedClaim[], words: ClaimWords, onshow: (claim: PlacedClaim) => void): () => void {
  const { nodes, letters } = textsIn(box);
  const bounds = claims.flatMap((claim) => [claim.source.start, claim.source.end]);
  const order = bounds.map((_, index) => index).sort((a, b) => (bounds[a] ?? 0) - (bounds[b] ?? 0));
  const units: number[] = [];
  unitsOf(source, order.map((index) => bounds[index] ?? 0)).forEach((unit, at) => (units[order[at] ?? 0] = unit));

  // From the last to the first: what is cut off behind moves nothing that is still to be wrapped.
  const wrapped: HTMLElement[] = [];
  const parts = claims.flatMap((claim, index) => {
    const span = shownAt(letters.row, source, { start: units[2 * index] ?? 0, end: units[2 * index + 1] ?? 0 });
    const places = span && placesAt(letters, span);
    return places ? [{ claim, from: places[0], to: places[1] }] : [];
  }).sort((a, b) => b.from.text - a.from.text || b.from.at - a.from.at);
  let free = { text: Infinity, at: Infinity };
  for (const { claim, from, to } of parts) {
    // Two claims that were taken for the same words: the first keeps them.
    if (to.text > free.text || (to.text === free.text && to.at > free.at)) continue;
    free = from;
    for (let text = to.text; text >= from.text; text -= 1) {
      const node = nodes[text];
      if (!node) continue;
      const start = text === from.text ? from.at : 0;
      const end = text === to.text ? to.at : node.data.length;
      if (node.data.slice(start, end).trim() === "") continue;
      wrapped.push(wrap(node, start, end, claim, text === to.text, words, onshow));
    }
  }

  return () => {
    for (const element of wrapped) {
      const parent = element.parentNode;
      element.replaceWith(...element.childNodes);
      parent?.normalize();
    }
  };
}

function wrap(node: Text, start: number, end: number, claim: PlacedClaim, isLast: boolean, words: ClaimWords, onshow: (claim: PlacedClaim) => void): HTMLElement {
  const element = document.createElement("span");
  const isFound = claim.places.length > 0;
  element.className = isFound ? "claim found" : "claim missing";
  element.dataset["testid"] = isFound ? "claim-found" : "claim-missing";
  if (!isFound && isLast) element.dataset["word"] = words.missing;
  // A link in an answer is a button already.
  if (isFound && !node.parentElement?.closest("button")) {
    element.title = words.show;
    element.setAttribute("role", "button");
    element.tabIndex = 0;
    element.addEventListener("click", () => onshow(claim));
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      onshow(claim);
    });
  }
  node.splitText(end);
  const inside = node.splitText(start);
  inside.replaceWith(element);
  element.append(inside);
  return element;
}
