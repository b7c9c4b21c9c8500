// Numbers for people, in their language: always with a unit, never with more digits than are known.

import type { UnitWords } from "../i18n/en";
import type { Faults } from "../i18n/faults.en";
import type { ChatSummary, UiError } from "../contract";

export interface Format {
  count(value: number): string;
  percent(share: number): string;
  bytes(value: number): string;
  rate(bytesPerS: number): string;
  /** About how long something takes: "3 s", "50 s", "6 min", "2 h 5 min". */
  duration(seconds: number): string;
  perSecond(value: number): string;
  size(width: number, height: number): string;
  when(ms: number, nowMs: number): string;
  /** Day and time, whatever the day is today. */
  moment(ms: number): string;
}

export function format(language: string, units: UnitWords): Format {
  const count = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
  const one = new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 });
  const time = new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit" });
  const day = new Intl.DateTimeFormat(language, { day: "numeric", month: "short" });
  const date = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", year: "numeric" });

  const moment = new Intl.DateTimeFormat(language, { day: "numeric", month: "long", year: "numeric", hour: "numeric", minute: "2-digit" });

  // Decimal units, as disks and downloads have them.
  function bytes(value: number): string {
    if (value < 1e6) return `${count.format(Math.max(0, Math.round(value / 1e3)))} ${units.kilobytes}`;
    if (value < 1e9) return `${(value < 1e7 ? one : count).format(value / 1e6)} ${units.megabytes}`;
    return `${one.format(value / 1e9)} ${units.gigabytes}`;
  }

  function duration(seconds: number): string {
    const s = Math.max(0, seconds);
    if (s < 0.95) return `${one.format(Math.max(0.1, s))} ${units.seconds}`;
    if (s < 9.95) return `${s < 3 ? one.format(s) : count.format(s)} ${units.seconds}`;
    if (s < 90) return `${count.format(s < 30 ? s : Math.round(s / 5) * 5)} ${units.seconds}`;
    const minutes = Math.round(s / 60);
    if (minutes < 90) return `${count.format(minutes)} ${units.minutes}`;
    const rest = minutes % 60;
    return `${count.format(Math.floor(minutes / 60))} ${units.hours}${rest ? ` ${count.format(rest)} ${units.minutes}` : ""}`;
  }

  return {
    count: (value) => count.format(value),
    percent: (share) => percent.format(Math.min(1, Math.max(0, share))),
    bytes,
    rate: (bytesPerS) => `${bytes(bytesPerS)}/${units.seconds}`,
    duration,
    perSecond: (value) => (value < 20 ? one : count).format(value),
    size: (width, height) => `${count.format(width)} × ${count.format(height)}`,
    when(ms, nowMs) {
      const then = new Date(ms);
      const now = new Date(nowMs);
      if (then.toDateString() === now.toDateString()) return time.format(then);
      return (then.getFullYear() === now.getFullYear() ? day : date).format(then);
    },
    moment: (ms) => moment.format(new Date(ms)),
  };
}

/** A part of a whole, from 0 to 1; 0 when the whole is not known. */
export function share(done: number, total: number): number {
  return total > 0 ? Math.min(1, Math.max(0, done / total)) : 0;
}

export type Age = "pinned" | "today" | "yesterday" | "week" | "older";

/** Which heading of the history a chat stands under. */
export function ageOf(chat: Pick<ChatSummary, "isPinned" | "updatedMs">, nowMs: number): Age {
  if (chat.isPinned) return "pinned";
  const midnight = new Date(nowMs).setHours(0, 0, 0, 0);
  if (chat.updatedMs >= midnight) return "today";
  if (chat.updatedMs >= midnight - 86_400_000) return "yesterday";
  return chat.updatedMs >= midnight - 6 * 86_400_000 ? "week" : "older";
}

const GAP = /\{(\w+)\}/g;

/** An error in whole sentences: what happened, then what to do. In the page's own words, where it has some. */
export function sentences({ message, hint, id, with: gaps }: UiError, words: Faults, format: Format): string {
  if (id !== "other" && words[id]) {
    const fill = (text: string): string =>
      text.replace(GAP, (gap, name: string) => {
        const value = gaps[name];
        if (typeof value === "number") return name.endsWith("Bytes") ? format.bytes(value) : format.count(value);
        // The sentence around it has its own full stop.
        return value?.replace(/[.\s]+$/, "") ?? gap;
      });
    return `${fill(words[id].what)} ${fill(words[id].hint)}`;
  }
  const ended = /[.!?…]$/.test(message) ? message : `${message}.`;
  return `${ended.charAt(0).toLocaleUpperCase()}${ended.slice(1)} ${hint}`.trim();
}

/** The same, where the name of the file stands before it: neither the name nor its path is said again. */
export function sentencesOfFile(file: string, error: UiError, words: Faults, format: Format): string {
  const said = sentences(error, words, format);
  const named = error.with["name"];
  const begins = [file, named].find((name) => typeof name === "string" && name.endsWith(file) && said.startsWith(`${name} `));
  return typeof begins === "string" ? said.slice(begins.length + 1) : said;
}
