// Finding by a few letters: every word that is typed must be in the name; beginnings of words count most.

function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase();
}

/** 0: not found; larger is better. */
export function score(name: string, typed: string): number {
  const wanted = plain(typed).split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return 1;
  const whole = plain(name);
  let sum = 0;
  for (const word of wanted) {
    const at = whole.indexOf(word);
    if (at < 0) return 0;
    const begins = at === 0 ? 4 : new RegExp(`[^\\p{L}\\p{N}]${word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`, "u").test(whole) ? 3 : 1;
    sum += begins;
  }
  return sum / wanted.length;
}

/** The ones that match, best first; equal ones keep their order. */
export function rank<T>(all: T[], typed: string, name: (one: T) => string): T[] {
  return all
    .map((one) => ({ one, points: score(name(one), typed) }))
    .filter(({ points }) => points > 0)
    .sort((a, b) => b.points - a.points)
    .map(({ one }) => one);
}
