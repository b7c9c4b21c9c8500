import { describe, expect, it } from "vitest";
import { en } from "../i18n/en";
import { fr } from "../i18n/fr";
import { score, rank } from "./find";
import { ageOf, format, sentences, sentencesOfFile, share } from "./format";
import { fitScale, frameOf, nudged, regionOf, shownFrame, turned, upright } from "./geometry";
import type { UiError } from "../contract";
import { ariaShortcut, isForTyping, refusal, shortcutOf, shownShortcut, type Pressed } from "./keys";

function check(press: Partial<Pressed> & { key: string }, platform: "linux" | "macos", expected: string | null): void {
  expect(shortcutOf({ code: "", ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...press }, platform)).toBe(expected);
}

describe("keys", () => {
  it("are the same text on every platform", () => {
    check({ key: "k", code: "KeyK", ctrlKey: true }, "linux", "Ctrl+K");
    check({ key: "k", code: "KeyK", metaKey: true }, "macos", "Ctrl+K");
    check({ key: "K", code: "KeyK", ctrlKey: true, shiftKey: true }, "linux", "Ctrl+Shift+K");
    check({ key: "?", shiftKey: true }, "linux", "?");
    check({ key: "Delete", ctrlKey: true, shiftKey: true }, "linux", "Ctrl+Shift+Delete");
    check({ key: "Shift", shiftKey: true }, "linux", null);
  });

  it("know a digit by its place, for keyboards where figures need Shift", () => {
    check({ key: "&", code: "Digit1", ctrlKey: true }, "linux", "Ctrl+1");
    check({ key: "!", code: "Digit1", ctrlKey: true, shiftKey: true }, "linux", "Ctrl+Shift+1");
  });

  it("are shown as each platform writes them", () => {
    expect(shownShortcut("Ctrl+Shift+O", "macos")).toBe("⌘⇧O");
    expect(shownShortcut("Ctrl+PageUp", "linux")).toBe("Ctrl+PageUp");
    expect(shownShortcut("Alt+Up", "linux")).toBe("Alt+↑");
    expect(ariaShortcut("Ctrl+Alt+Left", "linux")).toBe("Control+Alt+ArrowLeft");
  });

  it("leave typing alone", () => {
    expect(["?", "A", "Shift+A", "Up"].every(isForTyping)).toBe(true);
    expect(["Ctrl+K", "F2", "Esc", "Alt+Up"].some(isForTyping)).toBe(false);
    expect(refusal("Ctrl+V")).toBe("system");
    expect(refusal("X")).toBe("typing");
    expect(refusal("Ctrl+Y")).toBeNull();
  });
});

describe("numbers", () => {
  const f = format("en-GB", en.units);
  it("have units and no more digits than are known", () => {
    expect(f.bytes(8_350_000_000)).toBe("8.4 GB");
    expect(f.bytes(9_600_000)).toBe("9.6 MB");
    expect(f.bytes(684_000)).toBe("684 kB");
    expect([0.4, 2.34, 7.2, 47, 94, 375, 7500].map(f.duration)).toEqual(["0.4 s", "2.3 s", "7 s", "45 s", "2 min", "6 min", "2 h 5 min"]);
    expect(f.percent(1.2)).toBe("100%");
    expect(share(5, 0)).toBe(0);
  });
  it("are written as the language does", () => {
    expect(format("fr", fr.units).bytes(8_350_000_000)).toBe("8,4 Go");
  });
  it("sort chats under their day", () => {
    const now = new Date(2026, 5, 14, 9).getTime();
    const hours = (n: number): number => now - n * 3_600_000;
    expect([1, 10, 40, 100, 400].map((n) => ageOf({ isPinned: false, updatedMs: hours(n) }, now))).toEqual(["today", "yesterday", "week", "week", "older"]);
    expect(ageOf({ isPinned: true, updatedMs: 0 }, now)).toBe("pinned");
  });
  it("make whole sentences of an error", () => {
    const said = (error: Pick<UiError, "id"> & Partial<UiError>, words = en): string =>
      sentences({ code: "other", message: "the file is empty", hint: "Choose another.", with: {}, ...error }, words.faults, format(words === en ? "en" : "fr", words.units));
    expect(said({ id: "other" })).toBe("The file is empty. Choose another.");
    // One that a later version knows.
    expect(said({ id: "ofTomorrow" as never })).toBe("The file is empty. Choose another.");
    const full = { id: "diskFull", with: { path: "/mnt/{x}", freeBytes: 8_350_000_000 } } as const;
    expect(said(full)).toBe("The disk with /mnt/{x} is full: 8.4 GB are free. Free some space, then go on; nothing that is here is lost.");
    expect(said(full, fr)).toMatch(/^Le disque de \/mnt\/\{x\} est plein : 8,4 Go sont libres\./);
    expect(said({ id: "write", with: { reason: "no space left." } })).toBe("It could not be written: no space left. Choose another place, or free some space.");
  });
  it("say the name of a file once, whether the error has its name or its path", () => {
    const said = (name: string): string => {
      const error: UiError = { code: "picture", message: "", hint: "", id: "pictureIsFolder", with: { name } };
      return sentencesOfFile("a folder", error, en.faults, format("en", en.units));
    };
    for (const name of ["a folder", "/home/ada/a folder", "C:\\ada\\a folder"])
      expect(said(name)).toBe("is a folder. Open it and choose the pictures in it.");
    expect(said("/another")).toMatch(/^\/another is a folder\./);
  });
});

describe("geometry", () => {
  const picture = { width: 400, height: 200 };
  it("turns a point there and back", () => {
    for (const turn of [0, 1, 2, 3]) {
      const back = turned(upright({ x: 0.2, y: 0.7 }, turn), turn);
      expect(back.x).toBeCloseTo(0.2);
      expect(back.y).toBeCloseTo(0.7);
    }
    // A quarter clockwise brings the top left corner to the top right.
    expect(turned({ x: 0, y: 0 }, 1)).toEqual({ x: 1, y: 0 });
  });
  it("makes whole pixels of a frame and a frame of pixels", () => {
    for (const turn of [0, 1, 2, 3]) {
      const region = { x: 40, y: 20, width: 120, height: 60 };
      expect(regionOf(shownFrame(region, turn, picture), turn, picture)).toEqual(region);
    }
  });
  it("keeps frames inside and never empty", () => {
    expect(frameOf({ x: -1, y: 0.5 }, { x: 0.5, y: 2 })).toEqual({ x: 0, y: 0.5, width: 0.5, height: 0.5 });
    expect(regionOf({ x: 1, y: 1, width: 0, height: 0 }, 0, picture)).toEqual({ x: 399, y: 199, width: 1, height: 1 });
    expect(nudged({ x: 0.9, y: 0, width: 0.1, height: 0.5 }, 0.5, -0.5, false)).toMatchObject({ x: 0.9, y: 0 });
    expect(nudged({ x: 0.5, y: 0, width: 0.4, height: 0.5 }, 0.9, -0.9, true)).toMatchObject({ width: 0.5, height: 0.02 });
  });
  it("lets a small picture grow threefold and no more", () => {
    expect(fitScale({ width: 10, height: 10 }, { width: 1000, height: 1000 })).toBe(3);
    expect(fitScale({ width: 4000, height: 100 }, { width: 1000, height: 1000 })).toBe(0.25);
    expect(fitScale({ width: 0, height: 0 }, { width: 10, height: 10 })).toBe(1);
  });
});

describe("finding", () => {
  it("looks for every word, best at the beginning, without accents", () => {
    expect(score("Réglages", "regl")).toBe(4);
    expect(score("Export as HTML", "html export")).toBeGreaterThan(0);
    expect(score("Export", "x(")).toBe(0);
    expect(rank(["Turn left", "Zoom out", "Fit", "Text at 100 %"], "t", (name) => name)[0]).toBe("Turn left");
  });
});
