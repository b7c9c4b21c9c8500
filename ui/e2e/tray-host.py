"""A tray for the icons of other programs, without a screen. Prints a line of JSON for each that comes: the labels
of its menu. A label on standard input is clicked."""

import json
import sys

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

WATCHER = """<node><interface name="org.kde.StatusNotifierWatcher">
  <method name="RegisterStatusNotifierItem"><arg type="s" direction="in"/></method>
  <method name="RegisterStatusNotifierHost"><arg type="s" direction="in"/></method>
  <property name="RegisteredStatusNotifierItems" type="as" access="read"/>
  <property name="IsStatusNotifierHostRegistered" type="b" access="read"/>
  <property name="ProtocolVersion" type="i" access="read"/>
  <signal name="StatusNotifierHostRegistered"/>
</interface></node>"""
MENU = "com.canonical.dbusmenu"

bus = Gio.bus_get_sync(Gio.BusType.SESSION)
loop = GLib.MainLoop()
item = None


def call(interface, path, method, arguments):
    return bus.call_sync(item[0], path, interface, method, arguments, None, Gio.DBusCallFlags.NONE, 5000, None)


def entries():
    """Where the menu of the item is, and its entries: id and label."""
    ask = GLib.Variant("(ss)", ("org.kde.StatusNotifierItem", "Menu"))
    (path,) = call("org.freedesktop.DBus.Properties", item[1], "Get", ask).unpack()
    _, (_, _, children) = call(MENU, path, "GetLayout", GLib.Variant("(iias)", (0, -1, []))).unpack()
    return path, [(number, values.get("label", "")) for number, values, _ in children]


def tell():
    try:
        print(json.dumps([label for _, label in entries()[1]]), flush=True)
    except GLib.Error as error:
        print(f"tray-host: {error.message}", file=sys.stderr, flush=True)
    return GLib.SOURCE_REMOVE


def called(_bus, sender, _path, _interface, method, arguments, invocation):
    global item
    invocation.return_value(None)
    if method == "RegisterStatusNotifierItem":
        (name,) = arguments.unpack()
        item = (sender, name) if name.startswith("/") else (name, "/StatusNotifierItem")
        GLib.timeout_add(300, tell)


def asked(_bus, _sender, _path, _interface, name):
    values = {
        "RegisteredStatusNotifierItems": GLib.Variant("as", []),
        "IsStatusNotifierHostRegistered": GLib.Variant("b", True),
        "ProtocolVersion": GLib.Variant("i", 0),
    }
    return values[name]


def click(source, _condition):
    label = source.readline().strip()
    if not label:
        loop.quit()
        return False
    path, all_entries = entries()
    number = next(number for number, name in all_entries if name == label)
    call(MENU, path, "Event", GLib.Variant("(isvu)", (number, "clicked", GLib.Variant("i", 0), 0)))
    return True


interface = Gio.DBusNodeInfo.new_for_xml(WATCHER).interfaces[0]
bus.register_object("/StatusNotifierWatcher", interface, called, asked, None)
Gio.bus_own_name_on_connection(bus, "org.kde.StatusNotifierWatcher", Gio.BusNameOwnerFlags.NONE, lambda *_: print("ready", flush=True), None)
GLib.io_add_watch(sys.stdin, GLib.IO_IN, click)
loop.run()
