// The text of pictures in the whole window, on the fake backend: by names, keys and words.
import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, describe, expect, it } from "vitest";
import { POCKET, REFUSAL } from "../backend/fake";
import { models } from "../backend/fake-fixtures";
import { pictures } from "../backend/fake-pictures";
import { textOfPicture } from "../backend/fake-texts";
import { called, open, press } from "../../tests/open-app";

afterEach(cleanup);

const marks = (kind: string): number => Number(document.querySelector<SVGElement>(`[data-mark=${kind}]`)?.dataset["n"] ?? 0);
const text = textOfPicture(pictures.notice.id);

async function attach(): Promise<HTMLElement> {
  await fireEvent.click(screen.getByTestId("pick"));
  return screen.findByTestId("text-layer");
}

async function ask(words: string): Promise<void> {
  const field = screen.getByTestId("question");
  await fireEvent.input(field, { target: { value: words } });
  await fireEvent.keyDown(field, { key: "Enter" });
  await waitFor(() => expect(screen.queryByTestId("stop")).toBeNull());
}

describe("on the picture", () => {
  it("lines are real text in reading order, in a document of their own", async () => {
    await open();
    const layer = await attach();
    expect(screen.getByRole("document", { name: "Text in the picture" })).toBe(layer);
    expect(screen.getByRole("application").contains(layer)).toBe(true);
    expect(screen.getAllByTestId("text-line").map((line) => line.textContent)).toEqual(text.lines.map((line) => line.text));
    expect(screen.getByRole("application").getAttribute("aria-label")).toContain("It has 13 lines of text");
  });

  it("is gone through, selected and copied by keys alone", async () => {
    const { fake } = await open();
    await attach();
    await press("G", { ctrlKey: true, shiftKey: true, code: "KeyG" });
    const layer = screen.getByTestId("text-layer");
    expect(document.activeElement).toBe(layer);
    await press("ArrowDown");
    await press("End", { shiftKey: true });
    await press("ArrowDown", { shiftKey: true });
    await press("c", { ctrlKey: true });
    expect(called(fake, "copyText")).toEqual(["copyText The ferry to Inish Beg does\nnot sail on Sunday 14 June."]);
    expect(marks("selected")).toBe(2);
    expect(document.getSelection()?.toString()).toContain("ferry to Inish");
    await press("a", { ctrlKey: true });
    await press("c", { ctrlKey: true });
    expect(called(fake, "copyText").at(-1)).toBe(`copyText ${text.text}`);
    expect(called(fake, "announce").length).toBeGreaterThan(2);
    await press("Escape");
    expect(marks("selected")).toBe(0);
    await press("Escape");
    expect(document.activeElement).toBe(screen.getByRole("application"));
  });

  it("all of it is copied by one key, and it can be hidden", async () => {
    const { fake } = await open();
    await attach();
    await press("A", { ctrlKey: true, shiftKey: true, code: "KeyA" });
    expect(called(fake, "copyText")).toEqual([`copyText ${text.text}`]);
    await press("T", { ctrlKey: true, shiftKey: true, code: "KeyT" });
    expect(screen.queryByTestId("text-layer")).toBeNull();
    await press("T", { ctrlKey: true, shiftKey: true, code: "KeyT" });
    await screen.findByTestId("text-layer");
  });

  it("what a page selects by itself is copied with its tabs and breaks", async () => {
    await open();
    const layer = await attach();
    const lines = within(layer).getAllByTestId("text-line");
    const textIn = (line: HTMLElement | undefined) => [...(line?.childNodes ?? [])].find((node) => node instanceof Text && node.data !== "");
    const [from, to] = [textIn(lines[3]), textIn(lines[5])];
    document.getSelection()?.setBaseAndExtent(from as Node, 0, to as Node, 8);
    document.dispatchEvent(new Event("selectionchange"));
    await waitFor(() => expect(marks("selected")).toBe(3));
    const copied: string[] = [];
    const event = Object.assign(new Event("copy", { bubbles: true, cancelable: true }), { clipboardData: { setData: (_: string, data: string) => copied.push(data) } });
    document.dispatchEvent(event);
    expect(copied).toEqual(["Mon – Fri\t07:30, 12:15, 17:40\nSaturday"]);
  });

  it("is not there where nothing is to be read", async () => {
    const { fake } = await open({ settings: { readText: false } });
    await fireEvent.click(screen.getByTestId("pick"));
    await screen.findByTestId("attachment");
    expect([called(fake, "pictureText"), screen.queryByTestId("text-layer")]).toEqual([[], null]);
  });

  it("says what could not be read", async () => {
    const { fake } = await open();
    fake.tell({ kind: "added", from: "drop", added: { pictures: [pictures.chart], faults: [] } });
    await waitFor(() => expect(screen.getByTestId("picture-notes").textContent).toContain("Writing in 2 places has letters that the reader does not know."));
    expect(screen.queryByTestId("text-layer")).toBeNull();
    expect(screen.getByRole("application").getAttribute("aria-label")).toContain("No text was found in it.");
  });

  it("opens nothing of it unasked, and copies a number", async () => {
    const { fake } = await open();
    await attach();
    const link = screen.getByRole("link", { name: "064 55 19" });
    await fireEvent.click(link, { detail: 0 });
    const dialog = await screen.findByRole("dialog", { name: "Phone number" });
    expect(called(fake, "openLink")).toEqual([]);
    await fireEvent.click(within(dialog).getByTestId("copy-number"));
    expect(called(fake, "copyText")).toEqual(["copyText 064 55 19"]);
  });
});

describe("finding", () => {
  it("marks all places, goes on and back, and leaves the last one selected", async () => {
    const { fake, ui } = await open();
    await attach();
    await press("F", { ctrlKey: true, shiftKey: true, code: "KeyF" });
    const field = await screen.findByTestId("find-field");
    await waitFor(() => expect(document.activeElement).toBe(field));
    await fireEvent.input(field, { target: { value: "THE" } });
    await waitFor(() => expect(screen.getByTestId("find-count").textContent).toBe("1 of 3"));
    expect([marks("found"), marks("current")]).toEqual([2, 1]);
    await press("Enter");
    await press("Enter");
    await press("Enter");
    expect(screen.getByTestId("find-count").textContent).toBe("1 of 3");
    await press("Enter", { shiftKey: true });
    expect(screen.getByTestId("find-count").textContent).toBe("3 of 3");
    await fireEvent.input(field, { target: { value: "does not sail" } });
    await waitFor(() => expect(screen.getByTestId("find-count").textContent).toBe("1 of 1"));
    expect(marks("current")).toBe(2);
    await press("Escape");
    expect([ui.state.texts.find, screen.queryByTestId("find")]).toEqual([null, null]);
    await press("c", { ctrlKey: true });
    expect(called(fake, "copyText")).toEqual(["copyText does\nnot sail"]);
  });

  it("of chats finds words in pictures, and shows them there", async () => {
    const { ui } = await open({ chats: "some" });
    await fireEvent.input(screen.getByTestId("search"), { target: { value: "bakery" } });
    await waitFor(() => expect(screen.getAllByTestId("chat-item")).toHaveLength(2));
    expect(screen.getAllByText("in the picture:")).toHaveLength(2);
    await fireEvent.click(screen.getAllByTestId("chat-item")[0] as HTMLElement);
    await waitFor(() => expect(marks("current")).toBe(1));
    expect(ui.state.texts.find).toEqual({ text: "bakery", each: true, turn: 0 });
  });
});

describe("exact answers", () => {
  it("name no model, keep tabs, and lead to the model", async () => {
    const { fake } = await open();
    await attach();
    await fireEvent.click(screen.getByRole("button", { name: "Read all text" }));
    await screen.findByRole("heading", { name: "Exact text, no model" });
    await waitFor(() => expect(screen.queryByTestId("stop")).toBeNull());
    const answer = screen.getByTestId("answer");
    expect(within(answer).getAllByRole("row").map((row) => row.textContent)).toContain("Saturday09:00, 16:20");
    expect(screen.queryByTestId("check")).toBeNull();
    expect(called(fake, "ask").at(-1)).toContain("\"by\":\"reader\"");
    await fireEvent.click(screen.getByTestId("ask-model"));
    expect(called(fake, "ask").at(-1)).toContain("\"kind\":\"again\"");
    expect(called(fake, "ask").at(-1)).toContain("\"by\":\"model\"");
    await screen.findByRole("heading", { name: "Pixtral 12B" });
  });

  it("are followed on the picture while they are read aloud", async () => {
    await open();
    await attach();
    await fireEvent.click(screen.getByRole("button", { name: "Read all text" }));
    await fireEvent.click(await screen.findByTestId("read-aloud"));
    screen.getByTestId("question").blur();
    await waitFor(() => expect(marks("spoken")).toBe(1));
    await press("]");
    await press("]");
    await press("]");
    await waitFor(() => expect(marks("spoken")).toBe(2)); // two cells of a row
    await fireEvent.click(screen.getByTestId("silence"));
    await waitFor(() => expect(marks("spoken")).toBe(0));
  });
});

describe("checking", () => {
  it("marks what the picture has and what it has not, before other answers come", async () => {
    const { ui } = await open({ reply: "An adult return costs € 14.50, and a dog € 9.99." });
    await attach();
    await ask("What does it cost?");
    await fireEvent.click(screen.getByTestId("check"));
    const claim = await screen.findByTestId("claim-found");
    expect(claim.textContent).toBe("14.50");
    expect(screen.getByTestId("claim-missing").dataset["word"]).toBe("not found in the picture");
    expect(screen.getByTestId("not-found").textContent).toContain("9.99");
    expect(screen.getByTestId("claims").textContent).toContain("1 of 2 claims are found in the picture.");
    expect(screen.getByTestId("spoken").textContent).toContain("1 of 2 found in the picture; not found: 9.99.");
    await fireEvent.keyDown(claim, { key: "Enter" });
    await waitFor(() => expect(marks("pointed")).toBe(1));
    expect(ui.state.texts.pointed).toEqual({ picture: pictures.notice.id, lines: [8] });
    // What was put around the words goes away without a trace.
    await fireEvent.click(screen.getByTestId("new-chat"));
    expect(screen.queryByTestId("claim-found")).toBeNull();
  });
});

describe("a refusal", () => {
  it("comes with the picture's text and the way to a real model", async () => {
    const { fake } = await open({ model: POCKET, reply: REFUSAL });
    await attach();
    await ask("What does it mean?");
    const refusal = await screen.findByTestId("refusal");
    await waitFor(() => expect(within(refusal).getByTestId("refusal-text").textContent).toBe(text.text));
    await fireEvent.click(within(refusal).getByRole("button", { name: "Copy all text" }));
    expect(called(fake, "copyText")).toEqual([`copyText ${text.text}`]);
    expect(refusal.textContent).toContain("simple drawn pictures");
    await fireEvent.click(within(refusal).getByRole("button", { name: "Download 8.4 GB" }));
    expect(called(fake, "fetchModel")).toHaveLength(1);
  });

  it("is all there is where a real model is installed", async () => {
    await open({ model: POCKET, reply: REFUSAL, models: models("installed") });
    await attach();
    await ask("What does it mean?");
    await screen.findByText(REFUSAL);
    expect(screen.queryByTestId("refusal")).toBeNull();
  });
});

describe("settings", () => {
  it("switch reading off, and remove what was read when that is confirmed", async () => {
    const { fake, ui } = await open();
    await attach();
    await press(",", { ctrlKey: true });
    await fireEvent.click(await screen.findByRole("tab", { name: "Chats and folders" }));
    await fireEvent.click(screen.getByTestId("forget-texts"));
    await fireEvent.click(await screen.findByTestId("act"));
    expect(called(fake, "forgetTexts")).toHaveLength(1);
    await fireEvent.click(await screen.findByTestId("read-text"));
    await waitFor(() => expect(screen.queryByTestId("text-layer")).toBeNull());
    expect(ui.state.settings.readText).toBe(false);
  });
});
