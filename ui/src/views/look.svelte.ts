// How a page of the program looks: theme, text size, language. "system" becomes one of the themes here.

import type { Theme } from "../contract";

export interface Look {
  theme: Theme;
  textPercent: number;
  language: string;
  direction: "ltr" | "rtl";
}

export function keepLook(wanted: () => Look): void {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const contrast = window.matchMedia("(prefers-contrast: more)");
  let system = $state<"light" | "dark" | "contrast">("light");

  $effect(() => {
    const look = (): void => {
      system = contrast.matches ? "contrast" : dark.matches ? "dark" : "light";
    };
    look();
    dark.addEventListener("change", look);
    contrast.addEventListener("change", look);
    return () => {
      dark.removeEventListener("change", look);
      contrast.removeEventListener("change", look);
    };
  });

  $effect(() => {
    const { theme, textPercent, language, direction } = wanted();
    const root = document.documentElement;
    root.dataset["theme"] = theme === "system" ? system : theme;
    root.style.fontSize = `${textPercent}%`;
    root.lang = language;
    root.dir = direction;
  });
}
