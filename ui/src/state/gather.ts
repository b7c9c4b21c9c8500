// Words of an answer may come faster than they are drawn. They are gathered, so that drawing takes at most a quarter
// of the page's time and keys, clicks and the end of the answer never wait behind a queue of words. While the person
// types, who does not read then, they come twice a second.

import type { AnswerEvent } from "./types";

/** Not longer than this, however long drawing takes: the person sees that it goes on. */
const AT_MOST_MS = 500;
/** Times that drawing took, until the next. */
const REST = 3;

/** What is told now and later instead of each event. `draw` hands one on and comes back when it is drawn. */
export function gatherer(draw: (event: AnswerEvent) => void | Promise<void>, isTyping: () => boolean = () => false): (event: AnswerEvent) => void {
  let waiting: (AnswerEvent & { kind: "text" }) | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let drawing = 0;
  let notBefore = 0;

  async function tell(event: AnswerEvent): Promise<void> {
    drawing += 1;
    const began = performance.now();
    await draw(event);
    drawing -= 1;
    const now = performance.now();
    notBefore = now + (isTyping() ? AT_MOST_MS : Math.min(REST * (now - began), AT_MOST_MS));
    later();
  }

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    const event = waiting;
    waiting = null;
    if (event) void tell(event);
  }

  /** Hands on what waits, when its time has come. */
  function later(): void {
    if (waiting === null || drawing > 0) return;
    const wait = notBefore - performance.now();
    if (wait <= 0) flush();
    else timer ??= setTimeout(flush, wait);
  }

  return (event) => {
    if (event.kind === "text") {
      waiting = waiting ? { ...event, piece: waiting.piece + event.piece } : event;
      later();
    } else {
      flush();
      void tell(event);
    }
  };
}
