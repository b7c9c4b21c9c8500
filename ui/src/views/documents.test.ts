// Documents in the whole window on the fake backend: the strip, choosing pages, each page by itself, a password.
import { cleanup, fireEvent, screen, waitFor } from "@testing-library/svelte";
import { afterEach, expect, it } from "vitest";
import { fault } from "../backend/fake";
import { pictures } from "../backend/fake-pictures";
import type { FakeOptions } from "../backend/fake";
import { liveHere } from "../state/app-state";
import { called, open, press } from "../../tests/open-app";

afterEach(cleanup);

async function opened(options: Partial<FakeOptions> = {}) {
  const app = await open(options);
  app.fake.tell({ kind: "added", from: "drop", added: { pictures: [pictures.report], faults: [] } });
  const list = await screen.findByTestId("pages-list");
  return { ...app, list };
}

const chosen = (pagesOf: { state: { draft: { pictures: { picture: string }[] } } }): number[] =>
  pagesOf.state.draft.pictures.map((one) => Number(one.picture.split("-")[1] ?? 1));

it("the strip is a list box with a name and a place for each page", async () => {
  const { list } = await opened();
  expect(list.getAttribute("role")).toBe("listbox");
  expect(list.getAttribute("aria-label")).toBe("Pages of report.pdf");
  const first = await screen.findByRole("option", { name: "Page 1 of 12" });
  expect(first.getAttribute("aria-selected")).toBe("true");
  expect(first.getAttribute("aria-setsize")).toBe("12");
  expect(list.getAttribute("aria-activedescendant")).toBe(first.id);
});

it("pages are chosen by Space, by Shift and all at once, and one is always chosen", async () => {
  const { ui, list } = await opened();
  const key = (name: string, more: object = {}) => fireEvent.keyDown(list, { key: name, ...more });
  await key(" ");
  expect(chosen(ui)).toEqual([1]);
  await key("ArrowDown");
  await key("ArrowDown");
  expect(chosen(ui)).toEqual([1]);
  await key(" ");
  await waitFor(() => expect(chosen(ui)).toEqual([1, 3]));
  await screen.findByText("2 of 12 pages chosen");
  await waitFor(() => expect(screen.getByTestId("spoken").textContent).toContain("2 pages chosen."));
  await key("ArrowDown", { shiftKey: true });
  await waitFor(() => expect(chosen(ui)).toEqual([3, 4]));
  await key("a", { ctrlKey: true });
  await waitFor(() => expect(chosen(ui)).toHaveLength(12));
  await key("End");
  await key("Enter");
  await waitFor(() => expect(screen.getByRole("group", { name: "Page 12 of 12" })).toBeTruthy());
  expect(chosen(ui)).toHaveLength(12);
  await fireEvent.click(screen.getByRole("button", { name: "Only this page" }));
  await waitFor(() => expect(chosen(ui)).toEqual([12]));
});

it("pages turn on the picture, through those that are chosen where they are several", async () => {
  const { ui, list } = await opened();
  const stage = screen.getByRole("application");
  await fireEvent.keyDown(stage, { key: "PageDown" });
  await screen.findByRole("group", { name: "Page 2 of 12" });
  await fireEvent.keyDown(stage, { key: "End" });
  await screen.findByRole("group", { name: "Page 12 of 12" });
  await fireEvent.keyDown(stage, { key: "Home" });
  await screen.findByRole("group", { name: "Page 1 of 12" });
  expect(chosen(ui)).toEqual([1]);
  ui.send({ is: "choosePages", pages: [1, 5, 9] });
  await waitFor(() => expect(chosen(ui)).toEqual([1, 5, 9]));
  await fireEvent.keyDown(stage, { key: "PageDown" });
  await screen.findByRole("group", { name: "Page 5 of 12" });
  await press("PageDown", { altKey: true, shiftKey: true });
  await screen.findByRole("group", { name: "Page 9 of 12" });
  expect(chosen(ui)).toEqual([1, 5, 9]);
  // A page that is not among them takes the place of all.
  await fireEvent.change(screen.getByTestId("page"), { target: { value: "7" } });
  await waitFor(() => expect(chosen(ui)).toEqual([7]));
  expect(list).toBeTruthy();
});

it("each page is asked about by itself", async () => {
  const { fake, ui } = await opened();
  await fireEvent.click(screen.getByTestId("each-page"));
  await waitFor(() => expect(called(fake, "ask")).toHaveLength(1));
  expect(called(fake, "choosePages").at(-1)).toContain("1,2,3,4,5,6,7,8,9,10,11,12");
  await screen.findByTestId("answer");
  expect(screen.getAllByText("Describe this picture.").length).toBeGreaterThan(0);
  // An answer that goes on would be drawn where there is no window any more.
  await waitFor(() => expect(liveHere(ui.state)).toBeNull());
});

it("what is said of each page is under a button that shows the page, and is summarised", async () => {
  const { fake, ui } = await opened({ reply: "A report; see page 2 and page 40." });
  ui.send({ is: "choosePages", pages: [1, 2, 3] });
  await waitFor(() => expect(chosen(ui)).toEqual([1, 2, 3]));
  await fireEvent.click(screen.getByTestId("each-page"));
  await screen.findByTestId("summarise-pages", {}, { timeout: 5000 });
  const headings = screen.getAllByRole("heading", { level: 5 });
  expect(headings.map((heading) => heading.querySelector("button")?.textContent)).toEqual(["Page 1 of 12", "Page 2 of 12", "Page 3 of 12"]);
  await fireEvent.click(screen.getAllByRole("button", { name: "Page 3 of 12" }).at(-1) as HTMLElement);
  await screen.findByRole("group", { name: "Page 3 of 12" });
  expect(screen.getByTestId("spoken").textContent).toContain("Page 3 of 12");
  // A page that was not asked about is not shown.
  await fireEvent.click(screen.getAllByRole("button", { name: "page 2" })[0] as HTMLElement);
  await screen.findByRole("group", { name: "Page 2 of 12" });
  expect(screen.queryByRole("button", { name: "page 40" })).toBeNull();
  ui.send({ is: "type", text: "not sent" });
  await fireEvent.click(screen.getByTestId("summarise-pages"));
  await waitFor(() => expect(called(fake, "ask")).toHaveLength(2));
  expect(called(fake, "ask")[1]).toContain('"by":"summary"');
  await waitFor(() => expect(liveHere(ui.state)).toBeNull());
  expect(ui.state.draft.text).toBe("not sent");
  expect(screen.queryByTestId("summarise-pages")).toBeNull();
  // The pages that the summary names are those of the question before.
  expect(screen.getAllByRole("button", { name: "page 2" })).toHaveLength(4);
});

it("a question of too many pages is asked of each, and then a summary", async () => {
  const { fake, ui } = await opened({ reply: "Short." });
  ui.send({ is: "choosePages", pages: Array.from({ length: 12 }, (_, index) => index + 1) });
  await fireEvent.click(await screen.findByTestId("offer-each"));
  await waitFor(() => expect(called(fake, "ask")).toHaveLength(2), { timeout: 5000 });
  expect(called(fake, "ask")[0]).toContain('"by":"pages"');
  expect(called(fake, "ask")[1]).toContain('"by":"summary"');
  await waitFor(() => expect(liveHere(ui.state)).toBeNull());
});

it("the pages from the one that is shown on are read aloud, and the strip follows", async () => {
  const { fake, ui } = await opened();
  ui.send({ is: "choosePages", pages: [10] });
  await waitFor(() => expect(chosen(ui)).toEqual([10]));
  ui.run("readFromPage");
  await waitFor(() => expect(called(fake, "readAloud")).toHaveLength(1));
  expect(called(fake, "choosePages").at(-1)).toContain("10,11,12");
  expect(called(fake, "ask")[0]).toContain('"by":"reader"');
  await waitFor(() => expect(liveHere(ui.state)).toBeNull());
  const answerId = ui.state.chat?.messages.at(-1)?.id ?? 0;
  const speaking = (shown: string, index: number) => fake.tell({ kind: "aloud", aloud: { at: "speaking", answerId, index, shown, source: { start: 0, end: 1 }, isPaused: false } });
  speaking("Page 10 of 12", 0);
  await screen.findByRole("group", { name: "Page 10 of 12" });
  speaking("Page 11 of 12", 4);
  await screen.findByRole("group", { name: "Page 11 of 12" });
});

it("a question that does not fit says so, and offers what does", async () => {
  const { ui } = await opened();
  ui.send({ is: "choosePages", pages: Array.from({ length: 12 }, (_, index) => index + 1) });
  await screen.findByTestId("too-much");
  const first = await screen.findByTestId("offer-first");
  await fireEvent.click(first);
  await waitFor(() => expect(screen.queryByTestId("too-much")).toBeNull());
  expect(chosen(ui).length).toBeLessThan(12);
});

it("a long picture is taken as pages, and as a whole again", async () => {
  const { fake, ui } = await open();
  fake.tell({ kind: "added", from: "drop", added: { pictures: [pictures.long, pictures.receipt], faults: [] } });
  await screen.findByTestId("long");
  await fireEvent.click(screen.getByTestId("as-pages"));
  await screen.findByRole("listbox", { name: "Pages of scrolled.png" });
  await screen.findByRole("group", { name: "Page 1 of 10" });
  expect(screen.queryByTestId("long")).toBeNull();
  ui.send({ is: "choosePages", pages: [2, 3] });
  await waitFor(() => expect(ui.state.draft.pictures.map((one) => one.picture.slice(-2))).toEqual(["-2", "-3", pictures.receipt.id.slice(-2)]));
  await fireEvent.click(screen.getByTestId("as-whole"));
  await screen.findByTestId("long");
  expect(ui.state.draft.pictures.map((one) => one.picture)).toEqual([pictures.long.id, pictures.receipt.id]);
  // A part of it that was cut out is no long picture any more.
  ui.send({ is: "setRegion", number: 0, region: { x: 0, y: 0, width: 10, height: 10 } });
  await waitFor(() => expect(screen.queryByTestId("long")).toBeNull());
});

it("a document with a password asks for it until it is right", async () => {
  const { fake, ui } = await open();
  const error = { ...fault("picture", "encrypted", "give its password"), id: "pictureEncrypted" as const, with: { name: "report.pdf" } };
  fake.tell({ kind: "added", from: "drop", added: { pictures: [], faults: [{ name: "report.pdf", error, locked: pictures.report.id }] } });
  const field = await screen.findByTestId("password");
  await fireEvent.input(field, { target: { value: "Secret" } });
  await fireEvent.click(screen.getByTestId("unlock"));
  await screen.findByText(/This password does not open/);
  await fireEvent.input(field, { target: { value: "secret" } });
  await fireEvent.click(screen.getByTestId("unlock"));
  await screen.findByTestId("pages-list");
  expect(ui.state.overlay.at).toBe("none");
  expect(ui.state.notices).toEqual([]);
});
