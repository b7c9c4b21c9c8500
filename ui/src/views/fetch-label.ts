import type { Model } from "../contract";
import type { Words } from "../i18n";

/** What the button says that fetches a model: how much is fetched, and how much stays where that is less. */
export function fetchLabel(model: Model, words: Words["models"], bytes: (n: number) => string): string {
  const [fetched, stays] = [bytes(model.fetchBytes), bytes(model.diskBytes)];
  return fetched === stays ? words.fetch(fetched) : words.fetchMore(fetched, stays);
}
