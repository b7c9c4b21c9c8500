// What the whole window takes from the settings: its look, the native menu bar, its title.

import { directionOf } from "../i18n";
import type { Window } from "../run.svelte";
import { keysOf, menuOrder } from "../state/actions";
import type { Menu, MenuItem } from "../state/types";
import { keepLook } from "./look.svelte";
import { layoutNow } from "./width.svelte";

export function keepTheme(ui: Window): void {
  keepLook(() => {
    const { theme, textPercent } = ui.model.settings;
    return { theme, textPercent, language: ui.language, direction: directionOf(ui.language) };
  });
  $effect(() => {
    const root = document.documentElement;
    const { stacked, narrow } = layoutNow(ui.model.settings.textPercent);
    root.dataset["layout"] = stacked ? "stacked" : "beside";
    root.toggleAttribute("data-narrow", narrow);
  });
}

export function keepMenu(ui: Window): void {
  let sent = "";
  $effect(() => {
    const menus = menusOf(ui);
    const tray = ui.model.settings.keepInTray ? trayOf(ui) : [];
    const now = JSON.stringify([menus, tray]);
    if (now === sent) return;
    sent = now;
    ui.setMenu(menus, tray).catch(() => undefined); // without a menu bar the window's own menu has it all
  });
  // Of its own, so that only another title is set: screen readers hear of each.
  const chat = $derived(ui.model.chat?.title);
  const title = $derived(chat ? `${chat} · ${ui.words.window.name}` : ui.words.window.name);
  $effect(() => {
    ui.setTitle(title).catch(() => undefined);
  });
}

function trayOf(ui: Window): MenuItem[] {
  const item = (action: string, label: string): MenuItem => ({ kind: "action", action, label, keys: null, enabled: true });
  const actions = (["newChat", "paste", "releaseModel", "quit"] as const).map((id) => item(id, ui.words.actions[id]));
  return [item("show", ui.words.window.show), ...actions];
}

function menusOf(ui: Window): Menu[] {
  return menuOrder.map((name) => {
    const items = ui.actions
      .filter((action) => action.menu === name)
      .map((action): MenuItem => ({
        kind: "action",
        action: action.id,
        label: ui.words.actions[action.id],
        keys: action.pageKey ? null : keysOf(action, ui.model.settings.keys),
        enabled: action.when(ui.model),
      }));
    if (name !== "edit") return { label: ui.words.menus[name], items };
    const edits = (["undo", "redo", "cut", "copy", "paste", "selectAll"] as const).map((edit): MenuItem => ({ kind: "edit", edit, label: ui.words.edits[edit] }));
    return { label: ui.words.menus[name], items: [...edits, { kind: "separator" }, ...items] };
  });
}
