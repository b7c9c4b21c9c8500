// The page of a start that failed: what happened, the ways on, and their words in both languages.
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { afterEach, expect, it, vi } from "vitest";
import { fakeStart } from "../backend/fake-start";
import { StartRun } from "../run-start.svelte";
import Start from "./Start.svelte";
import type { WayOn } from "../contract";

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

async function open(query = ""): Promise<WayOn[]> {
  const taken: WayOn[] = [];
  render(Start, { props: { run: new StartRun(fakeStart(query, (way) => taken.push(way))) } });
  await screen.findByTestId("error");
  return taken;
}

it("says what is damaged and offers the best way on first, with the focus on it", async () => {
  const taken = await open();
  expect(screen.getByRole("alert").textContent).toContain("chats.sqlite3 are damaged.");
  const repair = screen.getByRole("button", { name: "Open a repaired copy" });
  await waitFor(() => expect(document.activeElement).toBe(repair));
  expect(screen.getByText("41 chats with 260 messages can be read")).toBeTruthy();
  expect(screen.getAllByRole("button", { name: /^Open the copy of / })).toHaveLength(2);
  await fireEvent.click(repair);
  await waitFor(() => expect(screen.queryByTestId("error")).toBeNull());
  expect(taken.map((one) => one.way)).toEqual(["repair"]);
});

it("stays when a way is none, and says why", async () => {
  await open();
  await fireEvent.click(screen.getByRole("button", { name: "Begin without chats" }));
  expect((await screen.findByTestId("refused")).textContent).toContain("The disk is full. Free some space");
  expect(screen.getByRole("button", { name: "Quit" })).toBeTruthy();
});

it("has its own ways for settings, and speaks French", async () => {
  vi.spyOn(navigator, "language", "get").mockReturnValue("fr-FR");
  await open("?halt=settings");
  expect(screen.getAllByRole("button").map((one) => one.textContent?.trim())).toEqual(["Commencer avec les réglages habituels", "Réessayer", "Montrer le dossier", "Quitter"]);
});
