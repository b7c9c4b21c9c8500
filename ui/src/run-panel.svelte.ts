// Where the panel's pure state meets the world.

import type { PanelBackend } from "./backend/panel";
import { gatherer } from "./state/gather";
import { told, type Panel } from "./state/panel";
import type { PanelEvent } from "./state/types";

export class PanelRun {
  /** Null before anything was wished for. */
  panel: Panel | null = $state.raw(null);
  #backend: PanelBackend;

  constructor(backend: PanelBackend) {
    this.#backend = backend;
    const hear = (event: PanelEvent): void => {
      this.panel = told(this.panel, event);
    };
    const gather = gatherer((event) => hear({ kind: "answer", event }));
    this.#quietly(backend.watch((event) => (event.kind === "answer" ? gather(event.event) : hear(event))));
  }

  pictureUrl = (path: string): string => this.#backend.pictureUrl(path);
  /** For who does not see it. */
  say = (text: string): void => this.#quietly(this.#backend.say(text));
  open = (): void => this.#quietly(this.#backend.open());
  close = (): void => this.#quietly(this.#backend.close());
  stop = (): void => {
    if (this.panel?.phase && this.panel.answerId !== null) this.#quietly(this.#backend.stop(this.panel.answerId));
    this.#quietly(this.#backend.silence());
  };

  /** The panel has no place for faults of its own bridge. */
  #quietly(done: Promise<unknown>): void {
    done.catch((reason: unknown) => console.error(reason));
  }
}
