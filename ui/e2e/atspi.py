"""What a screen reader gets of a program: its tree, and what happens in it.

    atspi.py tree PID      one JSON list: role, name, text, states of everything, outermost first
    atspi.py listen PID    a line of JSON for each focus and each announcement, until it is ended
"""

import json
import sys

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402

STATES = ["focusable", "focused", "showing", "enabled", "sensitive", "editable", "checked", "expanded", "busy"]


def application(pid):
    desktop = Atspi.get_desktop(0)
    for i in range(desktop.get_child_count()):
        one = desktop.get_child_at_index(i)
        if one is not None and one.get_process_id() == pid:
            return one
    return None


def text(one):
    """Real text, beside the name that something may have."""
    kinds = one.get_interfaces() or []
    return Atspi.Text.get_text(one, 0, -1) if "Text" in kinds else ""


def seen(one, depth):
    states = one.get_state_set()
    has = [name for name in STATES if states.contains(getattr(Atspi.StateType, name.upper()))]
    return {"depth": depth, "role": one.get_role_name(), "name": one.get_name() or "", "text": text(one), "states": has}


def walk(one, depth, found):
    if one is None or depth > 60 or len(found) > 5000:
        return
    try:
        found.append(seen(one, depth))
        children = [one.get_child_at_index(i) for i in range(one.get_child_count())]
    except GLib.Error:
        return  # it went away meanwhile
    for child in children:
        walk(child, depth + 1, found)


def tree(pid):
    found = []
    walk(application(pid), 0, found)
    print(json.dumps(found))


def listen(pid):
    def heard(event):
        try:
            source = event.source
            if source is None or source.get_process_id() != pid or event.detail1 != 1:
                return
            kind = "announced" if event.type.endswith(":showing") else "focused"
            role = source.get_role_name()
            if kind == "announced" and role != "notification":
                return
            print(json.dumps({"kind": kind, "role": role, "name": source.get_name() or ""}), flush=True)
        except GLib.Error:
            pass

    listener = Atspi.EventListener.new(heard)
    for kind in ["object:state-changed:showing", "object:state-changed:focused"]:
        listener.register(kind)
    print(json.dumps({"kind": "ready"}), flush=True)
    Atspi.event_main()


{"tree": tree, "listen": listen}[sys.argv[1]](int(sys.argv[2]))
