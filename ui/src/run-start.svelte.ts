// Where the page of a start that failed meets the world.

import type { StartBackend } from "./backend";
import { asUiError } from "./state/ui-error";
import type { FailedStart, UiError, WayOn } from "./contract";

export class StartRun {
  /** Null before it is known, and when the program has begun. */
  failed: FailedStart | null = $state.raw(null);
  /** Why the way that was taken last was none. */
  refused: UiError | null = $state.raw(null);
  busy = $state(true);
  #backend: StartBackend;

  constructor(backend: StartBackend) {
    this.#backend = backend;
    void this.#hear(backend.startFailed());
  }

  take = (way: WayOn): void => {
    if (!this.busy) void this.#hear(this.#backend.startGoOn(way));
  };

  async #hear(answer: Promise<FailedStart | null>): Promise<void> {
    this.busy = true;
    this.refused = null;
    try {
      this.failed = await answer;
    } catch (reason) {
      this.refused = asUiError(reason);
    }
    this.busy = false;
  }
}
