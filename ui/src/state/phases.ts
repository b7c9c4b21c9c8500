// The phase of an answer, as words and as a share.

import type { Words } from "../i18n";
import { share, type Format } from "./format";
import type { Phase } from "./app-state";
import { assertNever } from "./assert-never";

/** How much of the phase is done; null where nobody knows. */
export function partOf(phase: Phase): number | null {
  switch (phase.kind) {
    case "sending": case "queued": case "firstLook": case "thought": case "text":
      return null;
    case "loading":
      return share(phase.doneBytes, phase.totalBytes);
    case "encode":
      return share(phase.done, phase.total);
    case "prefill":
      return share(phase.doneTokens, phase.totalTokens);
    default:
      return assertNever(phase);
  }
}

export function wordsOf(phase: Phase, words: Words["phases"], f: Format): string {
  switch (phase.kind) {
    case "sending":
      return words.sending;
    case "queued":
      return words.queued(phase.nBefore, f.count(phase.nBefore));
    case "loading":
      return words.loading(f.bytes(phase.doneBytes), f.bytes(phase.totalBytes));
    case "encode": {
      const percent = f.percent(share(phase.done, phase.total));
      return phase.nPictures > 1 ? words.lookingAt(f.count(phase.picture + 1), f.count(phase.nPictures), percent) : words.looking(percent);
    }
    case "prefill":
      return words.reading(f.count(phase.doneTokens), f.count(phase.totalTokens));
    case "firstLook":
      return words.firstLook;
    case "thought":
      return words.thinking(f.perSecond(phase.tokensPerS));
    case "text":
      // Exact text comes at no rate.
      return phase.tokensPerS > 0 ? words.writing(f.perSecond(phase.tokensPerS)) : words.exact;
    default:
      return assertNever(phase);
  }
}
