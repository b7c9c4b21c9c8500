// A model that thinks before it answers: its thoughts are folded, kept, and neither copied nor spoken.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { press } from "./desktop.mjs";
import { speechService } from "./ears.mjs";
import { chooseTalker, eventually, makeModel, newHome, sample, Window } from "./window.mjs";

const THOUGHTS = "Let me look at it first: the line of words, then two more below; Which is what they ask?";
const ANSWER = "The sign names an open door! You can go in.";
const ONLY = "It was still thinking, so there is no answer yet.";

const home = newHome();
let window, service, model, onlyThinks;
before(async () => {
  model = makeModel(home, "thinks", "--thinks", THOUGHTS, "--says", ANSWER);
  service = await speechService();
  window = await Window.open({ home, env: service.env, settings: ["read-aloud = true", "speech-rate = 100"] });
  await chooseTalker(window, model);
});
after(async () => {
  await window?.close();
  await service?.end();
});

/** What stands over the folded thoughts, and whether they are open. */
const fold = () => window.js("const all = [...document.querySelectorAll('[data-testid=thoughts]')].at(-1); return all && { sum: all.querySelector('summary').innerText, open: all.open, text: all.innerText.trim() }");

test("thoughts stand folded over the answer, and keys open them", async () => {
  await window.click("sample-sign");
  await (await window.find("question")).clear();
  await window.ask("What does it say?");
  assert.equal(await window.answered(1), ANSWER);
  const { sum, open, text } = await fold();
  assert.match(sum, /^Thought for [\d.]+ s, 19 words$/);
  assert.deepEqual([open, text], [false, sum]);
  await window.screenshot("thoughts-folded");
  await window.js("document.querySelector('[data-testid=thoughts-sum]').focus()");
  await press(window, "Return");
  await eventually("they are open", async () => (await fold()).open);
  assert.equal((await fold()).text.replace(sum, "").trim(), THOUGHTS);
  await window.screenshot("thoughts");
});

test("what is spoken is the answer, and once that it thinks", async () => {
  await eventually("all is spoken", () => service.said().some((text) => text.includes("go in")));
  assert.deepEqual(service.said(), ["The model is thinking.", "The sign names an open door!", "You can go in."]);
});

test("what is copied is the answer", async () => {
  await press(window, "ctrl+shift+c");
  await eventually("it is copied", () => spawnSync("xclip", ["-o", "-selection", "clipboard"], { encoding: "utf8" }).stdout === ANSWER);
});

test("search finds the answer and not the thoughts, which are there after a restart", async () => {
  const found = async (search) => (await window.invoke("chats", { search, deleted: false, offset: 0 })).ok.map((chat) => chat.title);
  assert.deepEqual([await found("open door"), await found("line of words")], [["What does it say?"], []]);
  await window.kill();
  window = await Window.open({ home, keepSettings: true, env: service.env });
  await window.click("chat-item");
  assert.equal(await window.answered(1), ANSWER);
  assert.match((await fold()).sum, /^Thought for .* 19 words$/);
});

test("a model that only thinks has not answered, and that is said", async () => {
  onlyThinks = makeModel(home, "only-thinks", "--thinks", THOUGHTS, "--says", "");
  await chooseTalker(window, onlyThinks);
  await window.ask("And now?");
  await eventually("it is said", async () => (await window.texts("only-thoughts"))[0] === ONLY);
  assert.match((await fold()).sum, /19 words$/);
  await eventually("it is spoken", () => service.said().some((text) => text.includes("there is no answer yet")));
  await window.screenshot("thoughts-only");
});

test("while it thinks, its words are counted; it is stopped, or answers at once", async () => {
  await chooseTalker(window, makeModel(home, "endless", "--thinks", `${THOUGHTS}\n`, "--says", ANSWER, "--endless"));
  await window.ask("Do you know?");
  const words = async () => Number(/^Thinking…, ([\d,]+) words/.exec((await fold()).sum)?.[1].replace(",", ""));
  const hasAnswered = () => eventually("it has answered", async () => (await window.texts("answer")).at(-1) === ANSWER && (await window.all("stop")).length === 0);
  const first = await eventually("it thinks", words);
  await eventually("it thinks on", async () => (await words()) > first + 5);
  assert.equal((await window.texts("answer")).at(-1), "");
  await window.screenshot("thoughts-thinking");
  await window.stop();
  await eventually("it is said", async () => (await window.texts("only-thoughts")).length === 2);
  await window.screenshot("thoughts-stopped");
  // From there, and from the midst of its thoughts.
  await window.click("answer-now");
  await hasAnswered();
  await window.ask("And you?");
  await eventually("it thinks", words);
  await window.click("answer-now");
  await hasAnswered();
  assert.match((await fold()).sum, /^Thought.* words$/);
});

const lorgnette = (args, input = "") => spawnSync(process.env.LORGNETTE_CLI, [...args, "--temperature", "0"], { encoding: "utf8", input, env: { ...process.env, LORGNETTE_HOME: home } });

test("the command line keeps them apart, too", () => {
  const describe = (...more) => {
    const { status, stdout, stderr } = lorgnette(["describe", sample("sign"), "--ask", "What?", "--model", model, ...more]);
    assert.equal(status, 0, stderr);
    return { stdout, stderr };
  };
  assert.deepEqual(describe(), { stdout: `${ANSWER}\n`, stderr: "" });
  assert.deepEqual(describe("--thoughts", "always"), { stdout: `${ANSWER}\n`, stderr: `${THOUGHTS}\n` });
  assert.deepEqual(describe("--thoughts", "always", "--no-thinking"), { stdout: `${ANSWER}\n`, stderr: "" });
  const json = JSON.parse(describe("--json").stdout);
  assert.deepEqual([json.thoughts, json.answer, json.stop], [THOUGHTS, ANSWER, "end_of_text"]);
  assert.ok(json.timings.n_thought_tokens > 20, JSON.stringify(json.timings));
  const cut = describe("--json", "--max-tokens", "5");
  const { thoughts, answer, cut: why } = JSON.parse(cut.stdout);
  assert.ok(thoughts.length > 0 && THOUGHTS.startsWith(thoughts), thoughts);
  assert.deepEqual([answer, why], ["", "tokens"]);
  assert.match(cut.stderr, /^note: the model was still thinking, so there is no answer; .*--no-thinking/);
  assert.equal(JSON.parse(describe("--json", "--no-thinking").stdout).thoughts, null);
});

test("a chat of lines goes on, and a table of alt texts says what is missing", () => {
  const chat = lorgnette(["chat", "--model", model, "--thoughts", "always"], "What?\nAnd now?\n");
  assert.deepEqual([chat.status, chat.stdout, chat.stderr], [0, `${ANSWER}\n`.repeat(2), `${THOUGHTS}\n`.repeat(2)]);
  const pictures = join(home, "pictures");
  mkdirSync(pictures);
  copyFileSync(sample("sign"), join(pictures, "sign.png"));
  const table = join(home, "alt.csv");
  const alt = lorgnette(["alt", pictures, "--csv", table, "--model", onlyThinks]);
  assert.equal(alt.status, 1, alt.stderr);
  assert.match(readFileSync(table, "utf8"), /sign\.png.*the model was still thinking/);
  // With one that answers, the row is filled.
  assert.equal(lorgnette(["alt", pictures, "--csv", table, "--model", model]).status, 0);
  assert.match(readFileSync(table, "utf8"), /sign\.png.*The sign names an open door!/);
});
