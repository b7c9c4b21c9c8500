// A new version is asked for by a button, and by nothing else.
import { cleanup, fireEvent, screen, waitFor } from "@testing-library/svelte";
import { afterEach, expect, it, vi } from "vitest";
import { fault } from "../backend/fake";
import type { FakeOptions } from "../backend/fake";
import { open } from "../../tests/open-app";

afterEach(cleanup);

async function about(options: Partial<FakeOptions> = {}) {
  const app = await open(options);
  const asked = vi.spyOn(app.fake, "newestVersion");
  app.ui.send({ is: "show", overlay: { at: "settings", page: "about" } });
  await screen.findByText("Version 0.1.0");
  return { ...app, asked };
}
const told = () => screen.getByTestId("newest-version").textContent;

it("it says whom it would ask, and asks when it is told to", async () => {
  const { asked, ui } = await about();
  expect(screen.getByText(/This asks api\.github\.com once/)).toBeTruthy();
  expect(asked).not.toHaveBeenCalled();
  await fireEvent.click(screen.getByTestId("check-version"));
  await waitFor(() => expect(told()).toBe("Version 0.2.0 is there."));
  expect(asked).toHaveBeenCalledOnce();
  await fireEvent.click(screen.getByTestId("version-page"));
  await screen.findByText(/It is the page of the new version\./);
  expect(ui.state.overlay).toMatchObject({ at: "link", from: "release" });
});

it("it says when there is none, and what went wrong", async () => {
  const { asked } = await about();
  asked.mockResolvedValueOnce({ version: "0.1.0", page: "https://example.org", isNewer: false });
  await fireEvent.click(screen.getByTestId("check-version"));
  await waitFor(() => expect(told()).toBe("Version 0.1.0 is the newest."));
  expect(screen.queryByTestId("version-page")).toBeNull();
  asked.mockRejectedValueOnce(fault("unavailable", "the server api.github.com cannot be reached", "Try again when there is a network."));
  await fireEvent.click(screen.getByTestId("check-version"));
  await screen.findByText(/The server api\.github\.com cannot be reached/);
  expect(told()).toBe("");
});
