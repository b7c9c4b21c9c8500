"""The desktop's side of portals: a desktop that gives keys, as no desktop of Debian 12 does, and asks
for leave before it shows the screen, which is always the same file.

Commands, a line each on the standard input: `press NAME`, `allow yes|no`, `show FILE`, `close`. On
the standard output, a line of JSON each: what the program asked for."""

import json
import sys

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

NAME = "org.freedesktop.impl.portal.desktop.lorgnette_test"
PATH = "/org/freedesktop/portal/desktop"
KEYS = "org.freedesktop.impl.portal.GlobalShortcuts"
DESKTOP = Gio.DBusNodeInfo.new_for_xml(f"""<node>
<interface name="org.freedesktop.impl.portal.Access"><method name="AccessDialog">
  <arg type="o" direction="in"/><arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="s" direction="in"/>
  <arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="a{{sv}}" direction="in"/>
  <arg type="u" direction="out"/><arg type="a{{sv}}" direction="out"/>
</method></interface>
<interface name="org.freedesktop.impl.portal.Screenshot">
  <method name="Screenshot">
    <arg type="o" direction="in"/><arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="a{{sv}}" direction="in"/>
    <arg type="u" direction="out"/><arg type="a{{sv}}" direction="out"/>
  </method>
  <property name="version" type="u" access="read"/>
</interface>
<interface name="{KEYS}">
  <method name="CreateSession">
    <arg type="o" direction="in"/><arg type="o" direction="in"/><arg type="s" direction="in"/><arg type="a{{sv}}" direction="in"/>
    <arg type="u" direction="out"/><arg type="a{{sv}}" direction="out"/>
  </method>
  <method name="BindShortcuts">
    <arg type="o" direction="in"/><arg type="o" direction="in"/><arg type="a(sa{{sv}})" direction="in"/><arg type="s" direction="in"/>
    <arg type="a{{sv}}" direction="in"/><arg type="u" direction="out"/><arg type="a{{sv}}" direction="out"/>
  </method>
  <signal name="Activated"><arg type="o"/><arg type="s"/><arg type="t"/><arg type="a{{sv}}"/></signal>
  <property name="version" type="u" access="read"/>
</interface></node>""")
SESSION = Gio.DBusNodeInfo.new_for_xml("""<node><interface name="org.freedesktop.impl.portal.Session">
  <method name="Close"/><signal name="Closed"/><property name="version" type="u" access="read"/>
</interface></node>""").interfaces[0]

bus = Gio.bus_get_sync(Gio.BusType.SESSION)
loop = GLib.MainLoop()
allows = True
shown = None
sessions = {}  # path: its registration, the newest last


def tell(**event):
    print(json.dumps(event), flush=True)


def forget(session):
    bus.unregister_object(sessions.pop(session))
    tell(kind="closed", session=session)


def on_session(_bus, _sender, session, _interface, _method, _args, call):
    call.return_value(None)
    forget(session)


def on_call(_bus, _sender, _path, _interface, method, args, call):
    args = args.unpack()
    results = {}
    if method == "AccessDialog":
        tell(kind="asked", title=args[3])
    elif method == "Screenshot":
        results["uri"] = GLib.Variant("s", GLib.filename_to_uri(shown))
    elif method == "CreateSession":
        session = args[1]
        sessions[session] = bus.register_object(session, SESSION, on_session, on_get, None)
        tell(kind="session", session=session)
    elif method == "BindShortcuts":
        _, session, shortcuts, *_ = args
        tell(kind="bound", session=session, shortcuts={name: about for name, about in shortcuts})
        # Each has the keys that it wishes for; "again" has none.
        given = [(name, {"description": GLib.Variant("s", about["description"]),
                         "trigger_description": GLib.Variant("s", "" if name == "again" else about.get("preferred_trigger", ""))})
                 for name, about in shortcuts]
        results["shortcuts"] = GLib.Variant("a(sa{sv})", given)
    call.return_value(GLib.Variant("(ua{sv})", (0 if allows else 1, results)))


def on_get(_bus, _sender, _path, interface, _name):
    # Since their second version, the frontend has pictures of the screen allowed.
    return GLib.Variant("u", 2 if interface.endswith(".Screenshot") else 1)


def on_command(channel, condition):
    global allows, shown
    line = sys.stdin.readline()
    if not line:
        loop.quit()
        return False
    command, *rest = line.rstrip("\n").split(" ", 1)
    if command == "press":
        args = GLib.Variant("(osta{sv})", (list(sessions)[-1], rest[0], 0, {}))
        bus.emit_signal(None, PATH, KEYS, "Activated", args)
    elif command == "allow":
        allows = rest == ["yes"]
    elif command == "show":
        shown = rest[0]
    elif command == "close":
        session = list(sessions)[-1]
        bus.emit_signal(None, session, "org.freedesktop.impl.portal.Session", "Closed", None)
        forget(session)
    return True


for interface in DESKTOP.interfaces:
    bus.register_object(PATH, interface, on_call, on_get, None)
Gio.bus_own_name_on_connection(bus, NAME, Gio.BusNameOwnerFlags.NONE, lambda *_: tell(kind="ready"), None)
GLib.io_add_watch(sys.stdin, GLib.IO_IN | GLib.IO_HUP, on_command)
loop.run()
