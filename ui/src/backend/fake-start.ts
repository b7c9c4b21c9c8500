// A start that failed without a program, for its pictures, its tests and axe.

import { fault } from "./fake";
import type { FailedStart, WayOn } from "../contract";
import type { StartBackend } from ".";

const PATH = "/home/ada/.local/share/lorgnette/chats.sqlite3";
const copies: WayOn[] = [1_795_305_600_000, 1_794_700_800_000].map((madeMs) => ({ way: "restore", copy: { name: `chats-${madeMs}.sqlite3`, madeMs, nBytes: 1_900_000 } }));

function failed(halt: string | null): FailedStart {
  if (halt === "settings") {
    const path = "/home/ada/.config/lorgnette/settings.toml";
    const error = { ...fault("storage", "The settings cannot be read.", ""), id: "settings" as const, with: { path, reason: "expected a value" } };
    return { error, ways: [{ way: "usualSettings" }, { way: "tryAgain" }, { way: "showFolder" }, { way: "quit" }] };
  }
  const error = { ...fault("storage", "The chats are damaged.", ""), id: "chatsDamaged" as const, with: { path: PATH } };
  return { error, ways: [{ way: "repair", nChats: 41, nMessages: 260 }, ...copies, { way: "beginAnew" }, { way: "showFolder" }, { way: "quit" }] };
}

/** `?halt=settings` for other settings; `taken` hears which way was taken. */
export function fakeStart(query: string, taken: (way: WayOn) => void = () => undefined): StartBackend {
  const now = failed(new URLSearchParams(query).get("halt"));
  return {
    startFailed: async () => now,
    startGoOn: async (way) => {
      taken(way);
      if (way.way === "beginAnew") throw fault("storage", "the disk is full", "Free some space, then try again.");
      return way.way === "showFolder" ? now : null;
    },
  };
}
