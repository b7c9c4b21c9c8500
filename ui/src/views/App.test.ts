// The whole window on the fake backend, as a person uses it: by names, keys and words.
import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, describe, expect, it, vi } from "vitest";
import { fault } from "../backend/fake";
import { pictures } from "../backend/fake-pictures";
import { called, open, press } from "../../tests/open-app";

afterEach(cleanup);

const question = (): HTMLTextAreaElement => screen.getByTestId("question");

async function attach(): Promise<void> {
  await fireEvent.click(screen.getByTestId("pick"));
  await screen.findByTestId("attachment");
}

async function ask(text: string): Promise<void> {
  await fireEvent.input(question(), { target: { value: text } });
  await fireEvent.keyDown(question(), { key: "Enter" });
}

describe("first run", () => {
  it("offers the ways in, samples and a model", async () => {
    await open({ model: null });
    expect(screen.getByTestId("pick")).toBeTruthy();
    expect(screen.getByRole("button", { name: "Paste" })).toBeTruthy();
    expect(screen.getAllByTestId(/^sample-/)).toHaveLength(3);
    expect(screen.getByText("Pixtral 12B, 4 bit")).toBeTruthy();
    expect(screen.getByText("Recommended here: the quickest of those that fit.")).toBeTruthy();
  });

  it("puts a sample and its question into the draft", async () => {
    const { fake } = await open();
    await fireEvent.click(screen.getByTestId("sample-receipt"));
    await screen.findByTestId("attachment");
    expect(question().value).toBe("What is the total?");
    expect(called(fake, "addSample")).toEqual(["addSample receipt"]);
  });

  it("downloads with progress, pauses and goes on", async () => {
    const { fake } = await open();
    await fireEvent.click(screen.getByRole("button", { name: "Download 8.4 GB" }));
    await fireEvent.click(await screen.findByRole("button", { name: "Pause" }));
    await fireEvent.click(await screen.findByRole("button", { name: "Resume" }));
    await screen.findByText(/Downloading .* of 8.4 GB/);
    await fireEvent.click(screen.getByRole("button", { name: "Pause" }));
    expect(fake.calls.filter((call) => /Model |Fetch /.test(call)).length).toBeGreaterThanOrEqual(3);
  });
});

describe("asking", () => {
  it("sends with Enter, streams, and says when it is complete", async () => {
    const { fake } = await open();
    await attach();
    await ask("What does the notice say?");
    await waitFor(() => expect(screen.getByTestId("answer").textContent).toContain("An adult return costs"));
    await screen.findByText(/first word after/);
    expect(screen.getByTestId("answer").querySelector("p")?.closest("[lang]")?.getAttribute("lang")).toBe("en");
    expect([...screen.getByTestId("spoken").children].map((one) => one.textContent)).toEqual(["1 picture added.", "The question is on its way.", "The answer begins.", "The answer is complete."]);
    expect(question().value).toBe("");
    expect(called(fake, "ask")).toHaveLength(1);
  });

  it("shows what was thought folded above the answer, and copies the answer alone", async () => {
    const { fake } = await open({ thoughts: "Is it a ferry? It is <b>one</b>.", reply: "It is a ferry." });
    await attach();
    await ask("What is it?");
    await screen.findByText(/first word after/);
    const thoughts = screen.getByTestId("thoughts");
    expect(within(thoughts).getByText("Thought for 12 s, 7 words")).toBeTruthy();
    expect(thoughts.textContent).not.toContain("Is it a ferry?");
    expect(screen.getByTestId("answer").textContent.trim()).toBe("It is a ferry.");
    expect(thoughts.compareDocumentPosition(screen.getByTestId("answer"))).toBe(Node.DOCUMENT_POSITION_FOLLOWING);
    await fireEvent.click(screen.getByRole("button", { name: "Copy" }));
    expect(called(fake, "copyText")).toEqual(["copyText It is a ferry."]);
    // What opens it is the browser's; what is inside is text, and never markup.
    (thoughts as HTMLDetailsElement).open = true;
    await fireEvent(thoughts, new Event("toggle"));
    const inside = await within(thoughts).findByRole("region", { name: "What the model thought" });
    expect(inside.textContent).toBe("Is it a ferry? It is <b>one</b>.");
    expect(inside.getAttribute("tabindex")).toBe("0");
    // Nothing of it was told to a screen reader.
    expect(screen.getByTestId("spoken").textContent).not.toContain("ferry?");
  });

  it("shows a first look until the answer itself begins", async () => {
    await open({ halt: "encode", firstLook: "Some kind of ship.", reply: "It is a ferry." });
    await attach();
    await ask("What is it?");
    const look = await screen.findByTestId("first-look");
    await waitFor(() => expect(look.textContent).toBe("First look, at a small copy of the pictureSome kind of ship."));
    await screen.findByText("Looking at the picture, 50%");
    expect(screen.getByTestId("first-look")).toBe(look);
  });

  it("shows the answer in the place of the first look", async () => {
    await open({ firstLook: "Some kind of ship.", reply: "It is a ferry." });
    await attach();
    await ask("What is it?");
    await screen.findByText(/first word after/);
    expect(screen.queryByTestId("first-look")).toBeNull();
    expect(screen.getByTestId("answer").textContent.trim()).toBe("It is a ferry.");
  });

  it("counts while it thinks, and answers now when that is wanted", async () => {
    const { fake } = await open({ halt: "thought", thoughts: "one two three four five six", reply: "Seven." });
    await attach();
    await ask("What comes next?");
    await screen.findByText("Thinking…, 5 words");
    await screen.findByText("Thinking, 5.2 tokens a second");
    await fireEvent.click(screen.getByTestId("answer-now"));
    await screen.findByText("Seven.");
    expect(called(fake, "stop")).toHaveLength(1);
    expect(called(fake, "ask").at(-1)).toContain('"atOnce":true');
    expect(screen.getByTestId("thoughts-sum").textContent).toBe("Thought for 12 s, 5 words");
    expect(screen.queryByText("Stopped.", { selector: "p" })).toBeNull();
  });

  it("says that there is no answer yet when it is stopped while it thinks, and goes on", async () => {
    const { fake } = await open({ halt: "thought", thoughts: "one two three four five six", reply: "Seven." });
    await attach();
    await ask("What comes next?");
    await screen.findByText("Thinking…, 5 words");
    await fireEvent.click(screen.getByTestId("stop"));
    expect((await screen.findByTestId("only-thoughts")).textContent).toBe("It was still thinking, so there is no answer yet.");
    expect(screen.queryByRole("button", { name: "Copy" })).toBeNull();
    expect(screen.queryByTestId("read-aloud")).toBeNull();
    expect(screen.getByRole("button", { name: "Continue" })).toBeTruthy();
    await fireEvent.click(screen.getByRole("button", { name: "Answer now" }));
    await screen.findByText("Seven.");
    expect(called(fake, "ask").at(-1)).toContain('"atOnce":true');
  });

  it("makes a new line with Shift+Enter, and leaves an input method's Enter alone", async () => {
    const { fake } = await open();
    await attach();
    await fireEvent.input(question(), { target: { value: "おちゃ" } });
    await fireEvent.keyDown(question(), { key: "Enter", shiftKey: true });
    await fireEvent.keyDown(question(), { key: "Enter", isComposing: true });
    await fireEvent.keyDown(question(), { key: "Enter", keyCode: 229 });
    expect(called(fake, "ask")).toEqual([]);
  });

  for (const [halt, words] of [
    ["queued", "Waiting for 2 other answers"],
    ["loading", "Loading the model, 3.1 GB of 8.4 GB"],
    ["encode", "Looking at the picture, 50%"],
    ["prefill", "Reading 1,170 of 2,340 tokens"],
    ["text", "Answering, 5.2 tokens a second"],
  ] as const) {
    it(`says what happens while ${halt}, and stops there`, async () => {
      const { fake } = await open({ halt });
      await attach();
      await ask("What does the notice say?");
      await screen.findByText(words);
      await fireEvent.click(screen.getByTestId("stop"));
      await screen.findByText("Stopped.", { selector: "p" });
      expect(called(fake, "stop")).toHaveLength(1);
      expect(screen.getByRole("button", { name: "Continue" })).toBeTruthy();
    });
  }

  it("says once that a phase takes long, and only then", async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    try {
      await open({ halt: "prefill" });
      await attach();
      await ask("What does the notice say?");
      await screen.findByText("Reading 1,170 of 2,340 tokens");
      const told = (): number => [...screen.getByTestId("spoken").children].filter((one) => one.textContent === "Reading the picture, 50%.").length;
      await vi.advanceTimersByTimeAsync(9000);
      expect(told()).toBe(0);
      await vi.advanceTimersByTimeAsync(2000);
      expect(told()).toBe(1);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(told()).toBe(1);
    } finally {
      vi.useRealTimers();
    }
  });

  it("stops with Esc", async () => {
    const { fake } = await open({ halt: "prefill" });
    await attach();
    await ask("What?");
    await screen.findByTestId("stop");
    await press("Escape");
    await waitFor(() => expect(called(fake, "stop")).toHaveLength(1));
  });

  it("shows a failed answer with what to do, and asks again", async () => {
    const { fake } = await open({ halt: "fail" });
    await attach();
    await ask("What?");
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("2.7 GB needed, 1.1 GB free");
    await fireEvent.click(within(alert).getByRole("button", { name: "Try again" }));
    await waitFor(() => expect(called(fake, "ask")).toHaveLength(2));
  });

  it("loses nothing when a question cannot begin", async () => {
    await open({ halt: "refuse" });
    await attach();
    await ask("What does it say?");
    expect((await screen.findByRole("alert")).textContent).toContain("This is more than the chat holds");
    expect(question().value).toBe("What does it say?");
    expect(screen.getAllByTestId("attachment")).toHaveLength(1);
  });

  it("keeps both wordings of an edited question", async () => {
    await open({ reply: "Ferry times." });
    await attach();
    await ask("What?");
    await screen.findByText(/first word after/);
    await fireEvent.click(screen.getByRole("button", { name: "Edit and ask again" }));
    await ask("What does the notice say?");
    const branches = await screen.findByRole("group", { name: "Version 2 of 2" });
    await waitFor(() => expect((within(branches).getByRole("button", { name: "Previous version" }) as HTMLButtonElement).disabled).toBe(false));
    await fireEvent.click(within(branches).getByRole("button", { name: "Previous version" }));
    await screen.findByRole("group", { name: "Version 1 of 2" });
  });
});

describe("answers do no harm", () => {
  it("a link is only opened after its address was shown", async () => {
    const { fake } = await open({ reply: "See [the page](https://a.example/x?y=1)." });
    await attach();
    await ask("What?");
    await screen.findByText(/first word after/);
    await fireEvent.click(screen.getByRole("button", { name: "the page" }));
    const dialog = await screen.findByRole("alertdialog");
    expect(dialog.textContent).toContain("https://a.example/x?y=1");
    expect(called(fake, "openLink")).toEqual([]);
    await fireEvent.click(within(dialog).getByRole("button", { name: "Open" }));
    expect(called(fake, "openLink")).toEqual(["openLink https://a.example/x?y=1"]);
  });

  it("an address of another kind cannot be opened at all", async () => {
    await open({ reply: "See [this](file:///etc/passwd)." });
    await attach();
    await ask("What?");
    await screen.findByText(/first word after/);
    await fireEvent.click(screen.getByRole("button", { name: "this" }));
    const dialog = await screen.findByRole("alertdialog");
    expect(within(dialog).queryByRole("button", { name: "Open" })).toBeNull();
  });
});

describe("chats", () => {
  it("are opened, searched, renamed, deleted and brought back", async () => {
    await open({ chats: "some" });
    expect(screen.getAllByTestId("chat-item")).toHaveLength(6);
    await fireEvent.input(screen.getByTestId("search"), { target: { value: "coffee is" } });
    await waitFor(() => expect(screen.getAllByTestId("chat-item")).toHaveLength(1));
    expect(screen.getByText("coffee is", { selector: "mark" })).toBeTruthy();
    await fireEvent.click(screen.getByTestId("chat-item"));
    await screen.findByText("The coffee is 2.95.");
    await press("F2");
    const field = await screen.findByLabelText("Title");
    await fireEvent.input(field, { target: { value: "Coffee" } });
    await fireEvent.submit(field.closest("form") as HTMLFormElement);
    await waitFor(() => expect(screen.getByRole("heading", { level: 1 }).textContent).toContain("Coffee"));
    await press("Delete", { ctrlKey: true, shiftKey: true });
    await fireEvent.click(await screen.findByTestId("undo"));
    await screen.findByText("The coffee is 2.95.");
  });

  it("open again where the last one was left, if the settings say so", async () => {
    const { ui } = await open({ chats: "some", settings: { reopenLastChat: true } });
    await waitFor(() => expect(ui.state.chat?.title).toBe("Ferry times at the harbour"));
    cleanup();
    expect((await open({ chats: "some" })).ui.state.opening).toBeNull();
  });

  it("keep a draft each", async () => {
    await open({ chats: "some" });
    await attach();
    await fireEvent.input(question(), { target: { value: "half a question" } });
    await fireEvent.click(screen.getAllByTestId("chat-item")[0] as HTMLElement);
    await waitFor(() => expect(question().value).toBe(""));
    await fireEvent.click(screen.getByTestId("new-chat"));
    await waitFor(() => expect(question().value).toBe("half a question"));
    expect(screen.getAllByTestId("attachment")).toHaveLength(1);
  });

  it("come a hundred at a time", async () => {
    await open({ chats: 250 });
    expect(screen.getAllByTestId("chat-item")).toHaveLength(100);
    await fireEvent.click(screen.getByRole("button", { name: "Show older chats" }));
    await waitFor(() => expect(screen.getAllByTestId("chat-item")).toHaveLength(200));
  });
});

describe("pictures", () => {
  it("arrive by drop, with a veil while they hang over the window", async () => {
    const { fake } = await open();
    fake.tell({ kind: "dragOver" });
    await screen.findByText("Release to add");
    fake.tell({ kind: "added", from: "drop", added: { pictures: [pictures.notice], faults: [{ name: "x.heic", error: fault("picture", "HEIC is not read", "Save it as PNG."), locked: null }] } });
    await screen.findByTestId("attachment");
    expect(screen.queryByText("Release to add")).toBeNull();
    expect(screen.getByRole("alert").textContent).toContain("HEIC is not read. Save it as PNG.");
  });

  it("are pasted from the clipboard, which Rust reads", async () => {
    const { fake } = await open();
    await fireEvent.paste(document.body);
    await screen.findByTestId("attachment");
    expect(called(fake, "paste")).toHaveLength(1);
  });

  it("cost what the detail says, before they cost", async () => {
    const { ui } = await open();
    await attach();
    await screen.findByText("3,120 tokens");
    await fireEvent.input(screen.getByRole("slider", { name: /Detail/ }), { target: { value: "512" } });
    await screen.findByText("792 tokens");
    expect(ui.state.draft.pictures[0]?.maxSide).toBe(512);
  });

  it("of a file with pages show the one that is chosen, by keys, buttons and number", async () => {
    const { fake, ui } = await open();
    fake.tell({ kind: "added", from: "drop", added: { pictures: [pictures.scan], faults: [] } });
    await screen.findByRole("group", { name: "Page 1 of 3" });
    expect(screen.getByTestId("previousPage").getAttribute("aria-disabled")).toBe("true");
    ui.send({ is: "setRegion", number: 0, region: { x: 1, y: 2, width: 30, height: 40 } });
    await press("PageDown", { altKey: true, shiftKey: true });
    await screen.findByRole("group", { name: "Page 2 of 3" });
    expect(ui.state.draft.pictures).toEqual([{ picture: pictures.scan2.id, name: "letter.tif", region: null, turn: 0, maxSide: null }]);
    await waitFor(() => expect(screen.getByTestId("spoken").textContent).toContain("Page 2 of 3"));
    await screen.findByRole("button", { name: /letter.tif, Page 2 of 3, [\d,]+ tokens/ });
    await waitFor(() => expect(screen.getByTestId("picture-notes").textContent).toContain("Page 2 of 3 is shown."));
    const field = screen.getByTestId("page");
    await fireEvent.change(field, { target: { value: "99" } });
    await screen.findByRole("group", { name: "Page 3 of 3" });
    await fireEvent.click(screen.getByTestId("nextPage"));
    await fireEvent.change(field, { target: { value: "" } });
    expect((field as HTMLInputElement).value).toBe("3");
    await fireEvent.click(screen.getByTestId("previousPage"));
    await screen.findByRole("group", { name: "Page 2 of 3" });
    expect(called(fake, "choosePage").map((one) => one.split(" ").at(-1))).toEqual(["2", "3", "2"]);
    expect(ui.state.draft.pictures).toHaveLength(1);
  });

  it("are cut to a region by keys alone, which can be copied", async () => {
    const { fake, ui } = await open();
    await attach();
    await press("R", { ctrlKey: true, shiftKey: true, code: "KeyR" });
    const stage = screen.getByRole("application");
    await fireEvent.keyDown(stage, { key: "ArrowRight" });
    await fireEvent.keyDown(stage, { key: "ArrowDown", shiftKey: true });
    await fireEvent.keyDown(stage, { key: "Enter" });
    const region = { x: 432, y: 300, width: 800, height: 624 };
    expect(ui.state.draft.pictures[0]?.region).toEqual(region);
    await press("C", { ctrlKey: true, altKey: true, shiftKey: true, code: "KeyC" });
    await screen.findByText("Copied");
    expect(JSON.parse(called(fake, "copyRegion")[0]?.slice("copyRegion ".length) ?? "")).toMatchObject({ region, turn: 0 });
  });
});

describe("everything else", () => {
  it("asks before a model that reads no pictures is used", async () => {
    const { fake } = await open();
    await press("m", { ctrlKey: true });
    await fireEvent.click(await screen.findByTestId("add-model-file"));
    const dialog = await screen.findByRole("alertdialog");
    expect(dialog.textContent).toContain("words-q8_0.gguf has no vision part");
    await fireEvent.click(screen.getByTestId("stay"));
    expect(called(fake, "addTextModel")).toEqual([]);
    await press("m", { ctrlKey: true });
    await fireEvent.click(await screen.findByTestId("add-model-file"));
    await fireEvent.click(await screen.findByTestId("act"));
    await screen.findByRole("dialog", { name: "Models" });
    expect(called(fake, "addTextModel")).toEqual(["addTextModel"]);
  });

  it("is found in the palette", async () => {
    const { fake } = await open();
    await press("k", { ctrlKey: true });
    const field = await screen.findByRole("combobox");
    await fireEvent.input(field, { target: { value: "paste" } });
    await fireEvent.keyDown(field, { key: "Enter" });
    await screen.findByTestId("attachment");
    expect(called(fake, "paste")).toHaveLength(1);
  });

  it("has a list of its keys, and none of them is taken while typing", async () => {
    const { ui } = await open({ chats: "some" });
    screen.getByTestId("search").focus();
    await press("?", { shiftKey: true });
    expect(ui.state.overlay.at).toBe("none");
    screen.getByTestId("search").blur();
    await press("?", { shiftKey: true });
    await screen.findByRole("dialog", { name: "Keyboard shortcuts" });
  });

  it("comes from the native menu as well", async () => {
    const { fake, ui } = await open();
    fake.tell({ kind: "action", action: "models" });
    await screen.findByRole("dialog", { name: "Models" });
    expect(ui.state.overlay.at).toBe("models");
    expect(called(fake, "setMenu").length).toBeGreaterThan(0);
  });

  it("takes a key that the menu bar and the page both see once", async () => {
    const { fake, ui } = await open();
    const before = ui.state.settings.showChats;
    await press("b", { ctrlKey: true });
    fake.tell({ kind: "action", action: "toggleChats" });
    expect(ui.state.settings.showChats).toBe(!before);
    await press("b", { ctrlKey: true });
    expect(ui.state.settings.showChats).toBe(before);
  });

  it("takes other keys, and refuses those of another action", async () => {
    const { ui } = await open();
    await press(",", { ctrlKey: true });
    await fireEvent.click(await screen.findByRole("tab", { name: "Keys" }));
    const button = await screen.findByRole("button", { name: "New chat: Ctrl+N" });
    await fireEvent.click(button);
    await fireEvent.keyDown(button, { key: "o", ctrlKey: true });
    await screen.findByText("These keys belong to “Add a picture”.");
    await fireEvent.keyDown(button, { key: "y", ctrlKey: true });
    await waitFor(() => expect(ui.state.settings.keys).toEqual({ newChat: "Ctrl+Y" }));
  });

  it("speaks French", async () => {
    await open({ settings: { language: "fr" } });
    expect(document.documentElement.lang).toBe("fr");
    expect(screen.getByText("Montrez-lui une image")).toBeTruthy();
  });

  it("grows with the text, up to a stacked window", async () => {
    const { ui } = await open({ settings: { textPercent: 200 } });
    expect(document.documentElement.style.fontSize).toBe("200%");
    expect(document.documentElement.dataset["layout"]).toBe("stacked");
    ui.send({ is: "set", settings: { textPercent: 100 } });
    await waitFor(() => expect(document.documentElement.style.fontSize).toBe("100%"));
  });

  it("shows that nothing leaves", async () => {
    await open();
    await fireEvent.click(screen.getByRole("button", { name: "Nothing leaves this computer" }));
    await screen.findByText("Nothing. There are no open connections.");
  });

  it("is calm in the console", async () => {
    const errors = vi.spyOn(console, "error").mockImplementation(() => undefined);
    await open({ chats: "some" });
    await fireEvent.click(screen.getAllByTestId("chat-item")[1] as HTMLElement);
    await screen.findAllByTestId("answer");
    expect(errors).not.toHaveBeenCalled();
    errors.mockRestore();
  });
});
