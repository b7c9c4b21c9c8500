// The whole window on the fake backend, for tests.
import { fireEvent, render } from "@testing-library/svelte";
import { Fake, PIXTRAL, type FakeOptions } from "../src/backend/fake";
import { WindowState } from "../src/run.svelte";
import App from "../src/views/App.svelte";

export async function open(options: Partial<FakeOptions> = {}): Promise<{ fake: Fake; ui: WindowState }> {
  const fake = new Fake({ stepMs: 1, model: PIXTRAL, ...options });
  let ui: WindowState | null = null;
  await fake.watch((event) => ui?.send({ is: "event", event }));
  ui = new WindowState(fake, await fake.boot());
  render(App, { props: { ui } });
  ui.begin();
  return { fake, ui };
}

/** Presses a key where the focus is. */
export const press = (key: string, more: KeyboardEventInit = {}): Promise<boolean> => fireEvent.keyDown(document.activeElement ?? document.body, { key, ...more });

/** The calls of that name, as the backend has noted them. */
export const called = (fake: Fake, name: string): string[] => fake.calls.filter((call) => call.startsWith(name));
