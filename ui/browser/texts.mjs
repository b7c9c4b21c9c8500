// The text that a person sees on the page, for measuring the reader on screenshots: `TEXTS=1 OUT=FOLDER npm run screenshots`.

/** Runs in the page. Returns what is visible of its text, a line each, in the order of the document. */
export function visibleLines() {
  const canvas = document.createElement("canvas").getContext("2d");
  const inside = ({ left, right, top, bottom }, x, y) => x > left && x < right && y > top && y < bottom;
  // Whether a space stands before the next letter, and a mark of the style sheet.
  let [isApart, mark] = [false, ""];
  const view = { left: 0, right: innerWidth, top: 0, bottom: innerHeight };

  /** The areas outside which nothing of an element is drawn. */
  function clips(element) {
    const areas = [view];
    for (let one = element; one && one !== document.documentElement; one = one.parentElement) {
      const style = getComputedStyle(one);
      if (style.overflowX !== "visible" || style.overflowY !== "visible" || style.clipPath !== "none") areas.push(one.getBoundingClientRect());
    }
    return areas;
  }

  /** Whether nothing else is drawn over a point of an element. What takes no clicks is taken as uncovered. */
  function isOnTop(element, x, y) {
    // What is behind a dialog shows through its backdrop.
    const dialogs = [...document.querySelectorAll("dialog:modal")].filter((dialog) => !dialog.contains(element));
    if (dialogs.length > 0) return dialogs.every((dialog) => !inside(dialog.getBoundingClientRect(), x, y));
    if (getComputedStyle(element).pointerEvents === "none") return true;
    const top = document.elementFromPoint(x, y);
    return top !== null && (element.contains(top) || top.contains(element) || getComputedStyle(top).opacity === "0");
  }

  // The text layer of a picture is there to be selected, not to be seen.
  const isClear = (element) => /^rgba\(.*, 0\)$|^color\(.* \/ 0\)$/.test(getComputedStyle(element).color);
  const isShown = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !isClear(element);

  /** Adds the visible letters of a text node, of which the letter `k` stands at `rects[k]`. */
  function add(element, letters, rects, lines) {
    const areas = clips(element);
    const style = getComputedStyle(element);
    const block = element.getBoundingClientRect();
    const isCut = style.textOverflow === "ellipsis" && element.scrollWidth > element.clientWidth;
    canvas.font = style.font;
    const end = isCut ? block.right - parseFloat(style.paddingRight) - canvas.measureText("…").width : Infinity;
    let line = lines.at(-1);
    let wasShown = true;
    letters.forEach((letter, k) => {
      const rect = rects[k];
      if (!letter.trim()) isApart = true;
      if (!letter.trim() || !rect || rect.width === 0) return;
      const [x, y] = [rect.left + rect.width / 2, rect.top + rect.height / 2];
      // The middle of what is cut at the edge must stand within.
      const shows = areas.every((area) => inside(area, x, y) && inside(area, x, rect.top + rect.height / 4)) && rect.right <= end + 0.5 && isOnTop(element, x, y);
      if (shows) {
        const isNext = line && Math.abs(line.y - y) < rect.height / 2 && rect.left >= line.right - 2;
        if (!isNext) lines.push((line = { text: "", y, right: rect.left }));
        else if (mark || isApart || rect.left > line.right + rect.height / 4) line.text += " ";
        line.text += mark;
        [isApart, mark] = [false, ""];
        line.text += letter;
        line.right = rect.right;
      } else if (wasShown && isCut && rect.right > end && line && Math.abs(line.y - y) < rect.height / 2) {
        line.text += "…";
        line.right = Infinity;
      }
      wasShown = shows;
    });
  }

  const lines = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.nodeType === Node.ELEMENT_NODE) {
      const content = /^"(.*\S.*)"$/.exec(getComputedStyle(node, "::before").content);
      if (content && isShown(node)) mark = `${content[1]} `;
      if (node.matches("ol > li") && isShown(node)) mark = `${[...node.parentElement.children].indexOf(node) + 1}. `;
      const isField = node.matches("input:not([type=checkbox], [type=radio], [type=range], [type=color], [type=file]), textarea, select");
      if (!isField || !isShown(node)) continue;
      const text = node.matches("select") ? (node.selectedOptions[0]?.textContent ?? "") : node.value || node.placeholder || "";
      // What stands in a field has no places: its letters are as wide as the font says.
      const style = getComputedStyle(node);
      const block = node.getBoundingClientRect();
      canvas.font = style.font;
      const left = block.left + parseFloat(style.borderLeftWidth) + parseFloat(style.paddingLeft);
      const height = Math.min(block.height, 1.5 * parseFloat(style.fontSize));
      const top = node.matches("textarea") ? block.top + parseFloat(style.paddingTop) : block.top + (block.height - height) / 2;
      const letters = [...text.trim()];
      const before = (n) => canvas.measureText(letters.slice(0, n).join("")).width;
      add(node, letters, letters.map((_, k) => new DOMRect(left + before(k), top, before(k + 1) - before(k), height)), lines);
    } else if (node.data.trim() && node.parentElement && isShown(node.parentElement) && !node.parentElement.closest("option, textarea, script, style, svg title")) {
      const letters = [...node.data];
      let at = 0;
      const rects = letters.map((letter) => {
        const range = document.createRange();
        range.setStart(node, at);
        range.setEnd(node, (at += letter.length));
        return range.getClientRects()[0];
      });
      add(node.parentElement, letters, rects, lines);
    }
  }
  return lines.map(({ text }) => text);
}
