// What the whole window takes from the settings: its look, the native menu bar, its title.

import { directionOf } from "../i18n";
import type { WindowState } from "../run.svelte";
import { keysOf, menuOrder } from "../state/actions";
import { isPrivate } from "../state/app-state";
import type { Menu, MenuItem } from "../contract";
import { keepLook } from "./look.svelte";
import { layoutNow } from "./width.svelte";

export function keepTheme(ui: WindowState): void {
  // A derived value of its own: what is set on the root styles the whole page anew, also where it was so before, and each letter
  // that is typed changes the state.
  const settings = $derived(ui.state.settings);
  keepLook(() => {
    const { theme, textPercent } = settings;
    return { theme, textPercent, language: ui.language, direction: directionOf(ui.language) };
  });
  $effect(() => {
    const root = document.documentElement;
    const { stacked, narrow } = layoutNow(settings.textPercent);
    root.dataset["layout"] = stacked ? "stacked" : "beside";
    root.toggleAttribute("data-narrow", narrow);
  });
}

export function keepMenu(ui: WindowState): void {
  let sent = "";
  $effect(() => {
    const menus = menusOf(ui);
    const tray = ui.state.settings.keepInTray ? trayOf(ui) : [];
    const now = JSON.stringify([menus, tray]);
    if (now === sent) return;
    sent = now;
    ui.setMenu(menus, tray).catch(() => undefined); // without a menu bar the window's own menu has it all
  });
  // A derived value of its own, so that the title is set only when it changes: screen readers announce each time.
  // The words of a private chat are its own: other programs read titles.
  const chat = $derived(isPrivate(ui.state) ? ui.words.private.title : ui.state.chat?.title);
  const title = $derived(chat ? `${chat} · ${ui.words.window.name}` : ui.words.window.name);
  $effect(() => {
    ui.setTitle(title).catch(() => undefined);
  });
}

function trayOf(ui: WindowState): MenuItem[] {
  const item = (action: string, label: string): MenuItem => ({ kind: "action", action, label, keys: null, enabled: true });
  const actions = (["newChat", "paste", "releaseModel", "quit"] as const).map((id) => item(id, ui.words.actions[id]));
  return [item("show", ui.words.window.show), ...actions];
}

function menusOf(ui: WindowState): Menu[] {
  return menuOrder.map((name) => {
    const items = ui.actions
      .filter((action) => action.menu === name)
      .map((action): MenuItem => ({
        kind: "action",
        action: action.id,
        label: ui.words.actions[action.id],
        keys: action.pageKey ? null : keysOf(action, ui.state.settings.keys),
        enabled: action.when(ui.state),
      }));
    if (name !== "edit") return { label: ui.words.menus[name], items };
    const edits = (["undo", "redo", "cut", "copy", "paste", "selectAll"] as const).map((edit): MenuItem => ({ kind: "edit", edit, label: ui.words.edits[edit] }));
    return { label: ui.words.menus[name], items: [...edits, { kind: "separator" }, ...items] };
  });
}
