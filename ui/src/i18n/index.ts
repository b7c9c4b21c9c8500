import type { Language } from "../contract";
import { en, type Words } from "./en";
import { fr } from "./fr";

export type { Words } from "./en";
/** A language that the page speaks. */
export type Spoken = Exclude<Language, "system">;

export const catalogues: Record<Spoken, Words> = { en, fr };

/** The catalogue's language for a choice and the system's locale. */
export function languageOf(choice: Language, locale: string): Spoken {
  if (choice !== "system") return choice;
  return locale.toLowerCase().startsWith("fr") ? "fr" : "en";
}

/** Which way a language runs; no catalogue runs right to left yet, the layout is ready for one. */
export function directionOf(language: string): "ltr" | "rtl" {
  return /^(ar|he|fa|ur)\b/.test(language) ? "rtl" : "ltr";
}
