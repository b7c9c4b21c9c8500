// Where the panel's pure state meets the world.

import type { PanelBackend } from "./backend";
import { coalescer } from "./state/coalesce";
import { told, type Panel } from "./state/panel";
import type { PanelEvent } from "./contract";

export class PanelRun {
  /** Null before the first quick action. */
  panel: Panel | null = $state.raw(null);
  #backend: PanelBackend;

  constructor(backend: PanelBackend) {
    this.#backend = backend;
    const hear = (event: PanelEvent): void => {
      this.panel = told(this.panel, event);
    };
    const coalesce = coalescer((event) => hear({ kind: "answer", event }));
    this.#quietly(backend.panelWatch((event) => (event.kind === "answer" ? coalesce(event.event) : hear(event))));
  }

  pictureUrl = (path: string): string => this.#backend.pictureUrl(path);
  /** Speaks to a person who does not see the panel. */
  say = (text: string): void => this.#quietly(this.#backend.panelSay(text));
  open = (): void => this.#quietly(this.#backend.panelOpen());
  close = (): void => this.#quietly(this.#backend.panelClose());
  stop = (): void => {
    if (this.panel?.phase && this.panel.answerId !== null) this.#quietly(this.#backend.stop(this.panel.answerId));
    this.#quietly(this.#backend.aloud("stop"));
  };

  /** The panel has no place for faults of its own bridge. */
  #quietly(done: Promise<unknown>): void {
    done.catch((reason: unknown) => console.error(reason));
  }
}
