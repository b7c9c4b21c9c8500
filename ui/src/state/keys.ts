// Shortcuts as text ("Ctrl+Shift+O"), the same in settings, menus and the sheet. "Ctrl" is Cmd on a Mac.
import type { Platform } from "../contract";

export interface Pressed {
  key: string;
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
}

const named: Record<string, string> = {
  " ": "Space", ArrowUp: "Up", ArrowDown: "Down", ArrowLeft: "Left", ArrowRight: "Right", Escape: "Esc",
};

const arrows: Record<string, string> = { Up: "↑", Down: "↓", Left: "←", Right: "→" };

const modifiers = new Set(["Control", "Shift", "Alt", "Meta", "AltGraph", "CapsLock", "Dead", "Process"]);

/** What was pressed, as shortcut text; null for a modifier alone. */
export function shortcutOf(event: Pressed, platform: Platform): string | null {
  if (modifiers.has(event.key)) return null;
  const main = platform === "macos" ? event.metaKey : event.ctrlKey;
  // Digits by their place: on a French keyboard the figure itself needs Shift.
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1];
  const withModifier = main || event.altKey;
  const key = digit && withModifier ? digit : (named[event.key] ?? (event.key.length === 1 ? event.key.toUpperCase() : event.key));
  // "?" and the like already carry their Shift; letters, digits and named keys do not.
  const showsShift = event.shiftKey && (/^[A-Z0-9]$/.test(key) || key.length > 1);
  return [main && "Ctrl", event.altKey && "Alt", showsShift && "Shift", key].filter(Boolean).join("+");
}

/** For people's eyes: ⌘⇧O on a Mac, Ctrl+Shift+O elsewhere. */
export function shownShortcut(keys: string, platform: Platform): string {
  if (platform !== "macos") return keys.replace(/\b(?:Up|Down|Left|Right)\b/, (way) => arrows[way] ?? way);
  const signs: Record<string, string> = {
    Ctrl: "⌘", Shift: "⇧", Alt: "⌥", Enter: "↩", Esc: "⎋", Up: "↑", Down: "↓", Left: "←", Right: "→", Delete: "⌦", Backspace: "⌫",
  };
  return keys.split("+").map((part) => signs[part] ?? part).join("");
}

/** For `aria-keyshortcuts`. */
export function ariaShortcut(keys: string, platform: Platform): string {
  return keys.replace("Ctrl", platform === "macos" ? "Meta" : "Control").replace("Esc", "Escape").replace(/\b(Up|Down|Left|Right)\b/, "Arrow$1");
}

/** Keys that text fields need: never taken while the person types, unless with Ctrl or Alt. */
export function isForTyping(keys: string): boolean {
  return !/^(Ctrl|Alt)\+/.test(keys) && !/^(Shift\+)?F\d+$/.test(keys) && keys !== "Esc";
}

/** May this be somebody's own shortcut? A reason for each that may not. */
export function refusal(keys: string): "typing" | "system" | null {
  if (["Ctrl+C", "Ctrl+V", "Ctrl+X", "Ctrl+A", "Ctrl+Z", "Ctrl+Shift+Z", "Tab", "Shift+Tab", "Enter", "Esc"].includes(keys)) return "system";
  return isForTyping(keys) ? "typing" : null;
}
