// What the fake has to show: chats, answers, models.

import type { Attachment, End, Message, Model, PlacedClaim } from "../contract";
import { textOfPicture } from "./fake-texts";
import { pictures } from "./fake-pictures";

function attached(picture: { id: string; name: string }, maxSide: number | null = null): Attachment {
  return { picture: picture.id, name: picture.name, region: null, turn: 0, maxSide };
}

const NOTICE = `The notice says that **the ferry to Inish Beg does not sail on Sunday 14 June**. On other days it leaves at these times:

| Day | Departures |
|---|---|
| Monday – Friday | 07:30, 12:15, 17:40 |
| Saturday | 09:00, 16:20 |

An adult return costs € 14.50; a child or a bicycle € 6.00. Be at the pier ten minutes before. Dogs travel free on a lead.`;

const CODE = `The same times as data:

\`\`\`json
{
  "route": "Inish Beg",
  "weekdays": ["07:30", "12:15", "17:40"],
  "saturday": ["09:00", "16:20"],
  "adult_return_eur": 14.5
}
\`\`\`

Two adults and one child pay $2 \\cdot 14.50 + 6.00 = 35.00$ euros. The harbour office has [a page of its own](https://harbour.example/inish-beg).`;

const ALT = "A paper notice pinned to a wooden board by the sea, listing the times and prices of the ferry to Inish Beg.";

export function answers(question: string): string {
  if (/alt text|remplacement/i.test(question)) return ALT;
  if (/data|json|code/i.test(question)) return CODE;
  if (/button/i.test(question)) return "The buttons say **Install later** and **Install now**.";
  if (/total/i.test(question)) return "The total is **14.15**.";
  return NOTICE;
}

type Told = { role: Message["role"]; text: string; pictures: Attachment[]; end?: End };

export function chatFixtures(nowMs: number): { title: string; pinned: boolean; ageMs: number; messages: Told[] }[] {
  void nowMs;
  const hour = 3_600_000;
  const person = (text: string, all: Attachment[] = []): Told => ({ role: "person", text, pictures: all });
  const model = (text: string, end?: End): Told => (end ? { role: "model", text, pictures: [], end } : { role: "model", text, pictures: [] });
  return [
    {
      title: "Ferry times at the harbour", pinned: false, ageMs: 0.2 * hour,
      messages: [person("What does the notice say?", [attached(pictures.notice)]), model(NOTICE), person("Give me the times as data, and what two adults and a child pay."), model(CODE)],
    },
    {
      title: "Receipt and dialog", pinned: true, ageMs: 50 * hour,
      messages: [person("What is the total, and what does the button of the second picture say?", [attached(pictures.receipt), attached(pictures.dialog)]), model("1. The total is **14.15**.\n2. The button says **Install later**.")],
    },
    { title: "Which bar is the tallest", pinned: false, ageMs: 1 * hour, messages: [person("Which bar is the tallest?", [attached(pictures.chart)]), model("The tallest bar is", { at: "cut" })] },
    { title: "Alt text for the newsletter", pinned: false, ageMs: 26 * hour, messages: [person("Write alt text for this picture in one sentence.", [attached(pictures.notice)]), model(ALT)] },
    { title: "A very long title that somebody pasted out of an error message and never shortened afterwards", pinned: false, ageMs: 80 * hour, messages: [person("What does it say?", [attached(pictures.dialog)]), model("Update ready.")] },
    { title: "Lunch receipt", pinned: false, ageMs: 400 * hour, messages: [person("How much is the coffee?", [attached(pictures.receipt)]), model("The coffee is 2.95.")] },
  ];
}

/** The numbers of an answer, and the lines of the pictures that have them. */
export function claimsOf(answer: string, ids: readonly string[]): PlacedClaim[] {
  const bytes = new TextEncoder();
  return [...answer.matchAll(/\d+(?:[.:,]\d+)*/g)].map(({ 0: text, index }) => {
    const start = bytes.encode(answer.slice(0, index)).length;
    const places = ids.flatMap((picture) => {
      const lines = textOfPicture(picture).lines.flatMap((line, at) => (line.text.includes(text) ? [at] : []));
      return lines.length > 0 ? [{ picture, lines }] : [];
    });
    return { kind: "number", text, source: { start, end: start + bytes.encode(text).length }, places };
  });
}

/** `state`: first (nothing fetched), fetching, paused, stopped, installed. */
export function models(state = "first", pixtralChosen = false): Model[] {
  const doneBytes = 3_240_000_000;
  const q4: Model = {
    id: "pixtral-12b-q4_k_m", name: "Pixtral 12B, 4 bit", inUse: pixtralChosen, chosen: pixtralChosen, licence: "Apache-2.0",
    about: "Reads documents, screens and photographs in many languages. The best balance on a computer without a large graphics card.",
    fetchBytes: 8_350_000_000, diskBytes: 8_350_000_000, peakDiskBytes: 8_350_000_000, memoryBytes: 11_200_000_000, fits: "yes", recommended: "quickest", source: { repo: "ggml-org/pixtral-12b-GGUF", login: false }, pictureS: 94, state: { at: "offered" },
  };
  const states: Partial<Record<string, Model["state"]>> = {
    fetching: { at: "fetching", phase: "fetching", doneBytes, totalBytes: q4.diskBytes, bytesPerS: 42_000_000, leftS: 122, trouble: null },
    paused: { at: "paused", doneBytes, totalBytes: q4.diskBytes },
    stopped: {
      at: "stopped", doneBytes, totalBytes: q4.diskBytes,
      error: { id: "other", with: {}, code: "storage", message: "Not enough room in /home/ada/.local/share/lorgnette/models: 5.1 GB needed, 2.3 GB free", hint: "Free some space or choose another folder, then resume." },
    },
  };
  const installed = state === "installed" || pixtralChosen;
  return [
    {
      id: "pocket", name: "Pocket", inUse: !pixtralChosen, chosen: !pixtralChosen, licence: "Apache-2.0",
      about: "Part of the program. A demonstration that reads simple pictures, in English, and is often wrong.",
      fetchBytes: 0, diskBytes: 9_600_000, peakDiskBytes: 9_600_000, memoryBytes: 60_000_000, fits: "yes", recommended: null, source: null, pictureS: 0.4, state: { at: "builtIn" },
    },
    { ...q4, state: installed ? { at: "installed", path: "/home/ada/.local/share/lorgnette/models/pixtral-12b", madeHere: true } : (states[state] ?? q4.state) },
    {
      id: "pixtral-12b-q8_0", name: "Pixtral 12B, 8 bit", inUse: false, chosen: false, licence: "Apache-2.0",
      about: "The same network at twice the size: a little more exact, slower to load and to write.",
      fetchBytes: 25_400_000_000, diskBytes: 13_900_000_000, peakDiskBytes: 13_900_000_000, memoryBytes: 17_000_000_000, fits: "tight", recommended: null, source: { repo: "mistral-community/pixtral-12b", login: false }, pictureS: 130, state: { at: "offered" },
    },
    {
      id: "pixtral-12b-bf16", name: "Pixtral 12B, as published", inUse: false, chosen: false, licence: "Apache-2.0",
      about: "The weights as Mistral published them, for comparison.",
      fetchBytes: 25_400_000_000, diskBytes: 25_400_000_000, peakDiskBytes: 25_400_000_000, memoryBytes: 29_500_000_000, fits: "no", recommended: null, source: { repo: "mistralai/Pixtral-12B-2409", login: true }, pictureS: null, state: { at: "offered" },
    },
    {
      id: "custom", name: "my-finetune.gguf", inUse: false, chosen: false, licence: null, about: "Added by you.",
      fetchBytes: 0, diskBytes: 7_480_000_000, peakDiskBytes: 7_480_000_000, memoryBytes: null, fits: "unknown", recommended: null, source: null, pictureS: null,
      state: { at: "broken", path: "/media/stick/my-finetune.gguf", reason: "The file ends in the middle of tensor blk.31.ffn_down.weight: 7.48 GB expected, 7.02 GB there. Copy it again." },
    },
  ];
}
