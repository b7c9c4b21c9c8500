// Other programs may ask when the person says so, and with the token alone.
import { cleanup, fireEvent, screen, waitFor } from "@testing-library/svelte";
import { afterEach, expect, it } from "vitest";
import { open } from "../../tests/open-app";

afterEach(cleanup);

async function programs(settings = {}) {
  const app = await open({ settings });
  app.ui.send({ is: "show", overlay: { at: "settings", page: "connections" } });
  await screen.findByTestId("serve");
  return app;
}
const text = (id: string) => screen.getByTestId(id).textContent;

it("nobody may ask until it is switched on, and then it says where", async () => {
  const { ui } = await programs();
  expect(screen.queryByTestId("serve-address")).toBeNull();
  await fireEvent.click(screen.getByTestId("serve"));
  await waitFor(() => expect(text("serve-address")).toBe("http://127.0.0.1:11535/v1"));
  expect(ui.state.settings.serve).toBe(true);
  expect(text("last-use")).toBe("Nobody has asked yet.");
  ui.run("trust");
  await waitFor(() => expect(text("trust-programs")).toMatch(/^Other programs on this computer may ask/));
});

it("a port that is none is not taken", async () => {
  const { ui } = await programs({ serve: true });
  const port = screen.getByTestId<HTMLInputElement>("serve-port");
  await fireEvent.change(port, { target: { value: "80" } });
  expect([port.value, ui.state.settings.servePort]).toEqual(["11535", 11_535]);
  await fireEvent.change(port, { target: { value: "12000" } });
  await waitFor(() => expect(text("serve-address")).toBe("http://127.0.0.1:12000/v1"));
});

it("the token is hidden, shown, copied and made anew", async () => {
  const { fake } = await programs({ serve: true });
  await waitFor(() => expect(text("serve-token")).toBe("hidden"));
  await fireEvent.click(screen.getByTestId("copy-token"));
  await waitFor(() => expect(fake.calls).toContain("copyText lorgnette-token-1"));
  expect(text("serve-token")).toBe("hidden");
  await fireEvent.click(screen.getByTestId("show-token"));
  await waitFor(() => expect(text("serve-token")).toBe("lorgnette-token-1"));
  await fireEvent.click(screen.getByTestId("new-token"));
  await waitFor(() => expect(text("serve-token")).toBe("lorgnette-token-2"));
  await screen.findByText("There is a new token. The old one no longer works.");
  await fireEvent.click(screen.getByTestId("show-token"));
  await waitFor(() => expect(text("serve-token")).toBe("hidden"));
});

it("who asked last is said, and that the model is answering it", async () => {
  const { fake, ui } = await programs({ serve: true });
  fake.lastUse = { atMs: Date.UTC(2026, 0, 5, 12), client: "OpenAI/Python 3.57.0" };
  await waitFor(() => expect(text("last-use")).toMatch(/^Last: OpenAI\/Python 3\.57\.0, .*2026/), { timeout: 4000 });
  fake.tell({ kind: "status", status: { ...ui.state.status, state: { at: "lent" } } });
  await waitFor(() => expect(text("status")).toMatch(/answering another program/));
});
