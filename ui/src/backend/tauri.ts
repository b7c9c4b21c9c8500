// The real backend of both windows: the generated commands, with a channel for each function that hears.

import { Channel, convertFileSrc } from "@tauri-apps/api/core";
import { commands } from "../contract";
import type { Bridge } from ".";

type Command = (...args: unknown[]) => Promise<unknown>;

function bridged(command: Command): Command {
  return (...args) => command(...args.map((arg) => (typeof arg === "function" ? new Channel(arg as (event: unknown) => void) : arg)));
}

const entries = Object.entries(commands).map(([name, command]) => [name, bridged(command as Command)]);

// `Bridge` is made from `commands` by the same rule.
export const tauri = { ...Object.fromEntries(entries), pictureUrl: (path) => convertFileSrc(path, "picture") } as Bridge;
