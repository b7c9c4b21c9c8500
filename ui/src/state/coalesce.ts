// Coalesces the words of an answer by how long the page takes to draw them. Rust sends at most thirty messages a second,
// because each costs time on both sides; but a long answer takes longer to draw than that, and Rust does not know it. So
// drawing takes at most a quarter of the page's time, and keys, clicks and the end of the answer never wait behind a
// queue of words. While the person types, who does not read then, drawing takes at most a thirtieth.

import type { AnswerEvent } from "../contract";

/** How long words wait for the next drawing: `times` as long as the last drawing took, between the limits. */
interface Rest {
  times: number;
  leastMs: number;
  /** However long drawing takes, the person shall see that the answer goes on. */
  mostMs: number;
}
const READING: Rest = { times: 3, leastMs: 0, mostMs: 500 };
const TYPING: Rest = { times: 30, leastMs: 500, mostMs: 4000 };

/** What comes in pieces: words of the answer, and of what is thought before it. */
type Words = AnswerEvent & { kind: "thought" | "text" };

/** Takes events, and draws coalesced ones. `draw` hands one on and resolves when it is drawn. */
export function coalescer(draw: (event: AnswerEvent) => void | Promise<void>, isTyping: () => boolean = () => false): (event: AnswerEvent) => void {
  let waiting: Words | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let drawing = 0;
  let notBefore = 0;

  async function tell(event: AnswerEvent): Promise<void> {
    drawing += 1;
    const began = performance.now();
    await draw(event);
    drawing -= 1;
    const now = performance.now();
    const rest = isTyping() ? TYPING : READING;
    notBefore = now + Math.min(Math.max(rest.times * (now - began), rest.leastMs), rest.mostMs);
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
    if (event.kind === "thought" || event.kind === "text") {
      if (waiting && waiting.kind !== event.kind) flush();
      waiting = waiting ? { ...event, piece: waiting.piece + event.piece } : event;
      later();
    } else {
      flush();
      void tell(event);
    }
  };
}
