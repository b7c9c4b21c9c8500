// Every state of the window worth a picture: how to get there on the fake backend.
const chat = (page, title) => page.locator("[data-testid=chat-item]", { hasText: title }).click();
const openChat = (title) => async (page) => {
  if ((await page.locator("[data-testid=chat-item]").count()) === 0) await page.getByRole("button", { name: "Show or hide chats" }).click();
  await chat(page, title);
  await page.waitForSelector("[data-testid=answer]");
};
const pick = async (page) => {
  await page.locator("[data-testid=pick]").click();
  await page.waitForSelector("[data-testid=attachment]");
};
const ask = (text) => async (page) => {
  await pick(page);
  await page.locator("[data-testid=question]").fill(text);
  await page.locator("[data-testid=send]").click();
};
const phase = (name) => async (page) => {
  await ask("What does the notice say?")(page);
  await page.waitForSelector(`[data-phase=${name}]`);
};
const key = (keys) => (page) => page.keyboard.press(keys);
const then = (...all) => async (page) => {
  for (const one of all) await one(page);
};

const THOUGHTS = encodeURIComponent(
  "The person asks what the notice says. At the top stands a heading in capitals: a ferry, and a place called Inish Beg. Below it is a table of days and times. " +
    "Sunday 14 June is crossed out in red, so it does not sail then. The prices stand at the bottom, adults first. I should give the change first, then the times, and the prices last.",
);

export const states = [
  { name: "first-run", query: "" },
  { name: "empty-with-chats", query: "chats=some&model=pixtral" },
  { name: "drop", query: "", steps: (page) => page.evaluate(() => window.fake.tell({ kind: "dragOver" })) },
  { name: "attached", query: "model=pixtral&chats=some", steps: then(pick, (page) => page.locator("[data-testid=question]").fill("What does the notice say?")) },
  { name: "pages", query: "model=pixtral&chats=some", steps: then((page) => page.evaluate(async () => {
    const picture = await window.fake.choosePage("f".repeat(64), 2);
    window.fake.tell({ kind: "added", from: "drop", added: { pictures: [picture], faults: [] } });
  }), (page) => page.waitForSelector("[data-testid=pages]")) },
  { name: "region", query: "model=pixtral&chats=some", steps: then(pick, key("Control+Shift+R")) },
  { name: "queued", query: "model=pixtral&chats=some&halt=queued", steps: phase("queued") },
  { name: "loading-model", query: "model=pixtral&chats=some&halt=loading", steps: phase("loading") },
  { name: "looking", query: "model=pixtral&chats=some&halt=encode", steps: phase("encode") },
  { name: "reading", query: "model=pixtral&chats=some&halt=prefill", steps: phase("prefill") },
  { name: "writing", query: "model=pixtral&chats=some&halt=text", steps: phase("text"), settleMs: 1200 },
  { name: "thinking", query: `model=pixtral&chats=some&halt=thought&thoughts=${THOUGHTS}`, steps: phase("thought") },
  { name: "thoughts", query: `model=pixtral&chats=some&thoughts=${THOUGHTS}`, steps: then(ask("What does the notice say?"), (page) => page.waitForSelector("[data-testid=check]"), (page) => page.locator("[data-testid=thoughts-sum]").click()) },
  { name: "answer", query: "model=pixtral&chats=some", steps: openChat("Ferry times") },
  { name: "aloud", query: "model=pixtral&chats=some", steps: then(openChat("Ferry times"), (page) => page.locator("[data-testid=read-aloud]").first().click(), (page) => page.waitForSelector("[data-testid=aloud]")) },
  { name: "checked", query: "model=pixtral&chats=some", steps: then(openChat("Ferry times"), (page) => page.locator("[data-testid=check]").first().click(), (page) => page.waitForSelector("[data-testid=checked]")) },
  { name: "text", query: "model=pixtral&chats=some", steps: then(pick, (page) => page.waitForSelector("[data-testid=text-layer]"), key("Control+Shift+G"), key("ArrowDown"), key("Shift+ArrowDown"), key("Shift+End")) },
  { name: "text-find", query: "model=pixtral&chats=some", steps: then(pick, (page) => page.waitForSelector("[data-testid=text-layer]"), key("Control+Shift+F"), (page) => page.locator("[data-testid=find-field]").fill("the"), (page) => page.waitForSelector("[data-mark=current][data-n='1']", { state: "attached" })) },
  { name: "text-exact", query: "model=pixtral&chats=some", steps: then(pick, (page) => page.waitForSelector("[data-testid=text-layer]"), key("Control+Shift+2"), (page) => page.waitForSelector("[data-testid=ask-model]"), (page) => page.locator("[data-testid=read-aloud]").first().click(), (page) => page.waitForSelector("[data-mark=spoken][data-n='1']", { state: "attached" }), key("]"), key("]"), key("]")), settleMs: 400 },
  { name: "text-claims", query: `model=pixtral&chats=some&reply=${encodeURIComponent("An adult return costs **€ 14.50**, a dog € 9.99. On Saturday the ferry leaves at 09:00.")}`, steps: then(ask("What does it cost?"), (page) => page.waitForSelector("[data-testid=check]"), (page) => page.locator("[data-testid=check]").first().click(), (page) => page.waitForSelector("[data-testid=checked]"), (page) => page.locator("[data-testid=claim-found]").first().click(), (page) => page.waitForSelector("[data-mark=pointed][data-n='1']", { state: "attached" })) },
  { name: "text-refusal", query: `chats=some&reply=${encodeURIComponent("The built-in model cannot answer this about this picture.")}`, steps: then(ask("Is the sea rough?"), (page) => page.waitForSelector("[data-testid=refusal-text]")) },
  { name: "text-chats", query: "model=pixtral&chats=some", steps: then(key("Control+F"), (page) => page.locator("[data-testid=search]").fill("bakery"), (page) => page.waitForSelector("mark"), (page) => page.locator("[data-testid=chat-item]").first().click(), (page) => page.waitForSelector("[data-mark=current][data-n='1']", { state: "attached" })) },
  { name: "several-pictures", query: "model=pixtral&chats=some", steps: openChat("Receipt and dialog") },
  { name: "cut-answer", query: "model=pixtral&chats=some", steps: openChat("Which bar") },
  { name: "editing", query: "model=pixtral&chats=some", steps: then(openChat("Ferry times"), (page) => page.getByRole("button", { name: "Edit and ask again" }).first().click()) },
  { name: "answer-failed", query: "model=pixtral&chats=some&halt=fail", steps: then(ask("What does the notice say?"), (page) => page.waitForSelector("[data-testid=error]")) },
  { name: "refused", query: "model=pixtral&chats=some&halt=refuse", steps: then(ask("What does the notice say?"), (page) => page.waitForSelector("[data-testid=error]")) },
  {
    name: "bad-files", query: "model=pixtral&chats=some",
    steps: (page) => page.evaluate(() => window.fake.tell({
      kind: "added", from: "drop",
      added: { pictures: [], faults: [
        { name: "holiday.heic", error: { code: "picture", message: "HEIC pictures are not read", hint: "Save it as JPEG or PNG.", id: "other", with: {} } },
        { name: "scan.png", error: { code: "picture", message: "the file ends in the middle of the picture", hint: "Copy it again from where it came.", id: "other", with: {} } },
      ] },
    })),
  },
  {
    name: "hostile-reply",
    query: `model=pixtral&chats=some&reply=${encodeURIComponent('![tracking](https://evil.example/p.png) <img src=x onerror=alert(1)> [click me](javascript:alert(1)) and [a page](https://xn--harbour-4za.example/a?b=c)\n\n```"><script>alert(1)</script>\nlet x = 1;\n```\n\n| a | b |\n|---|---|\n| <b onclick=alert(1)>x</b> | $\\frac{a_1}{b_2}$ |')}`,
    steps: then(ask("Read all text."), (page) => page.waitForSelector(".link"), (page) => page.waitForTimeout(900)),
  },
  {
    name: "link", query: "model=pixtral&chats=some",
    steps: then(openChat("Ferry times"), (page) => page.locator(".markdown .link").first().click(), (page) => page.waitForSelector("dialog[open]")),
  },
  { name: "model-view", query: "model=pixtral&chats=some", steps: then(openChat("Ferry times"), key("Control+I"), (page) => page.waitForSelector("dialog[open] svg path")) },
  { name: "models", query: "models=first", steps: key("Control+M") },
  { name: "download", query: "models=fetching", steps: key("Control+M") },
  { name: "download-paused", query: "models=paused" },
  { name: "download-stopped", query: "models=stopped" },
  { name: "palette", query: "model=pixtral&chats=some", steps: then(openChat("Ferry times"), key("Control+K")) },
  { name: "shortcuts", query: "model=pixtral&chats=some", steps: (page) => page.evaluate(() => window.fake.tell({ kind: "action", action: "shortcuts" })) },
  { name: "settings", query: "model=pixtral&chats=some", steps: key("Control+,") },
  { name: "settings-answers", query: "model=pixtral&chats=some", steps: then(key("Control+,"), (page) => page.getByRole("tab", { name: "Answers" }).click()) },
  { name: "settings-speech", query: "model=pixtral&chats=some", steps: then(key("Control+,"), (page) => page.getByRole("tab", { name: "Reading aloud" }).click()) },
  { name: "settings-anywhere", query: "model=pixtral&chats=some", steps: then(key("Control+,"), (page) => page.getByRole("tab", { name: "Anywhere" }).click(), (page) => page.getByTestId("anywhere").check()) },
  { name: "settings-machine", query: "model=pixtral&chats=some", steps: then(key("Control+,"), (page) => page.getByRole("tab", { name: "Model and machine" }).click()) },
  { name: "settings-keys", query: "model=pixtral&chats=some", steps: then(key("Control+,"), (page) => page.getByRole("tab", { name: "Keys" }).click()) },
  { name: "settings-data", query: "model=pixtral&chats=some", steps: then(key("Control+,"), (page) => page.getByRole("tab", { name: "Chats and folders" }).click()) },
  { name: "settings-about", query: "model=pixtral&chats=some", steps: then(key("Control+,"), (page) => page.getByRole("tab", { name: "About" }).click()) },
  { name: "trust", query: "model=pixtral&chats=some", steps: then(key("Control+Shift+N"), (page) => page.waitForSelector("dialog[open] dl")) },
  { name: "menu", query: "model=pixtral&chats=some", steps: then(openChat("Ferry times"), (page) => page.getByRole("button", { name: "Menu", exact: true }).click()) },
  {
    name: "search", query: "model=pixtral&chats=some",
    steps: then(key("Control+F"), (page) => page.locator("[data-testid=search]").fill("ferry"), (page) => page.waitForSelector("mark")),
  },
  {
    name: "deleted", query: "model=pixtral&chats=some",
    steps: then(openChat("Lunch receipt"), key("Control+Shift+Delete"), (page) => page.waitForSelector("[data-testid=undo]")),
  },
  { name: "panel", page: "panel.html", query: "", size: { width: 420, height: 300 } },
  { name: "panel-looking", page: "panel.html", query: "halt=encode", size: { width: 420, height: 300 } },
  { name: "panel-failed", page: "panel.html", query: "halt=fail", size: { width: 420, height: 300 } },
  { name: "cannot-start", query: "boot=fail" },
  { name: "start-damaged", page: "start.html", query: "", size: { width: 620, height: 560 } },
  { name: "start-settings", page: "start.html", query: "halt=settings", size: { width: 620, height: 560 } },
  { name: "private", query: "model=pixtral&chats=some", steps: then(key("Control+Alt+N"), (page) => page.waitForSelector("[data-testid=private]")) },
  { name: "private-asked", query: "model=pixtral&chats=some", steps: then(key("Control+Alt+N"), (page) => page.waitForSelector("[data-testid=private]"), ask("What does the notice say?"), (page) => page.waitForSelector("[data-testid=answer]")) },
  { name: "french", query: "model=pixtral&chats=some&language=fr", steps: async (page) => {
    if ((await page.locator("[data-testid=chat-item]").count()) === 0) await page.getByRole("button", { name: "Montrer ou cacher" }).click();
    await chat(page, "Ferry times");
    await page.waitForSelector("[data-testid=answer]");
  } },
  { name: "large-text", query: "model=pixtral&chats=some&text=200", steps: openChat("Ferry times") },
];
