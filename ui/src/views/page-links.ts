// Where an answer names a page that it was asked about, the words become a button that shows the page. The buttons stay while
// the answer grows, so that one that has the focus keeps it.

import type { Attachment } from "../contract";

/** A picture that is a page, or that an answer has a heading of. */
export interface LinkedPage {
  attachment: Attachment;
  /** The page of its file; null for a picture of one page. */
  page: number | null;
}

/** A page as answers name it in both languages of the window: "Page 3 of 12", "page 3", "Page 3 sur 12". */
const NAMED = /\bpage\s(\d{1,6})\b(?:\s(?:of|sur)\s\d{1,6}\b)?/giu;

/** Puts buttons around pages that `box` names. `arePages`: each picture has a heading of its own, in order. */
export function linkPages(box: HTMLElement, pages: readonly LinkedPage[], arePages: boolean, show: string, onshow: (attachment: Attachment) => void): void {
  if (arePages) linkHeadings(box, pages, show, onshow);
  const named = unambiguous(pages);
  if (named.size === 0) return;
  const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
  const nodes: Text[] = [];
  while (walker.nextNode()) nodes.push(walker.currentNode as Text);
  for (const node of nodes) {
    if (node.parentElement?.closest("button, [role=button], pre, code")) continue;
    // From the last to the first: what is cut off behind moves nothing that is still to be wrapped.
    for (const found of [...node.data.matchAll(NAMED)].toReversed()) {
      const attachment = named.get(Number(found[1]));
      if (attachment) wrap(node, found.index, found.index + found[0].length, () => onshow(attachment), show);
    }
  }
}

/** The headings of an answer page by page are in the order of the pictures; a model may write headings between them. */
function linkHeadings(box: HTMLElement, pages: readonly LinkedPage[], show: string, onshow: (attachment: Attachment) => void): void {
  const headings = [...box.querySelectorAll<HTMLElement>(".h2")];
  let from = 0;
  pages.forEach(({ attachment, page }, index) => {
    const isIts = ({ textContent: text }: HTMLElement): boolean => {
      if (page === null) return text === attachment.name || text === `${attachment.name} ${index + 1}`;
      const named = [...text.matchAll(NAMED)].at(-1);
      return named !== undefined && Number(named[1]) === page && named.index + named[0].length === text.length;
    };
    const at = headings.findIndex((heading, nth) => nth >= from && isIts(heading));
    const heading = headings[at];
    if (!heading) return;
    from = at + 1;
    if (heading.querySelector("button")) return;
    const button = buttonOf(() => onshow(attachment), show);
    button.append(...heading.childNodes);
    heading.append(button);
  });
}

/** The pages by number, without those that two files have. */
function unambiguous(pages: readonly LinkedPage[]): Map<number, Attachment> {
  const named = new Map<number, Attachment | null>();
  for (const { attachment, page } of pages) {
    if (page !== null) named.set(page, named.has(page) && named.get(page)?.picture !== attachment.picture ? null : attachment);
  }
  return new Map([...named].filter((one): one is [number, Attachment] => one[1] !== null));
}

function wrap(node: Text, start: number, end: number, onclick: () => void, show: string): void {
  node.splitText(end);
  const inside = node.splitText(start);
  const button = buttonOf(onclick, show);
  inside.replaceWith(button);
  button.append(inside);
}

function buttonOf(onclick: () => void, show: string): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "link to-page";
  button.title = show;
  button.dataset["testid"] = "to-page";
  button.addEventListener("click", onclick);
  return button;
}
