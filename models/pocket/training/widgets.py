"""Windows, cards and lone buttons as many desktops and web pages draw them."""

from PIL import Image, ImageDraw, ImageFilter

import colours
import draw
import phrasings
from phrasings import phrasing
from tasks import COLOURS, NUMBERS, Sample, Source, Turn, wrapped

BUTTONS = ["flat", "outlined", "gradient", "pill", "link", "bevel", "raised", "soft", "two-tone", "thick", "inset"]
HELD_BUTTONS = ["motif", "aqua", "hard shadow"]
LAYOUTS = ["alone", "alone", "dialog", "dialog", "dialog", "card", "card", "login", "strip"]
HELD_LAYOUTS = ["toast", "sheet", "dialog"]
TITLES = ["none", "bar", "bar", "line", "centred", "lights", "classic"]
ICONS = ["check", "plus", "cross", "arrow", "disc", "box", "bars", "triangle"]


class Theme:
    """How everything in one window is drawn."""

    def __init__(self, source: Source):
        rng = self.rng = source.rng
        dark = rng.random() < 0.25
        grey = rng.randint(24, 64) if dark else rng.randint(214, 255)
        self.panel = (
            tuple(min(255, max(0, grey + rng.randint(-6, 6))) for _ in range(3)) if rng.random() < 0.4 else (grey,) * 3
        )
        if rng.random() < 0.08:
            self.panel = colours.any_ground(rng)
        self.ink = (
            colours.ink_on(rng, self.panel, 400)
            if rng.random() < 0.2
            else ((rng.randint(210, 255),) * 3 if sum(self.panel) < 380 else (rng.randint(0, 60),) * 3)
        )
        self.accent_name = rng.choice([name for name in COLOURS if name not in ("black", "white")])
        self.accent = colours.shade(rng, self.accent_name)
        self.button = rng.choice(HELD_BUTTONS if source.held_style else BUTTONS)
        self.radius = rng.choice([0, 2, 3, 4, 6, 8, 12])
        self.font = source.font(draw.SANS if rng.random() < 0.85 else None)
        self.size = rng.randint(12, 20) if rng.random() < 0.85 else rng.randint(18, 30)
        self.strong = source.font(draw.SANS) if rng.random() < 0.15 else self.font
        self.line = draw.line_height(self.font, self.size)
        self.pad_x, self.pad_y = rng.randint(6, 28), rng.randint(2, 11)
        self.icons = rng.random() < 0.15
        self.capitals = rng.random() < 0.12
        self.muted = colours.mixed(self.panel, self.ink, 0.35)

    def wide(self, label: str) -> float:
        """The width of a button."""
        icon = self.size + 6 if self.icons else 0
        return draw.width_of(label, self.font, self.size) + 2 * self.pad_x + icon

    @property
    def high(self) -> int:
        """The height of a button."""
        return self.line + 2 * self.pad_y


def shaded(rgb, amount: int):
    return tuple(max(0, min(255, channel + amount)) for channel in rgb)


def icon_on(pen: ImageDraw.ImageDraw, kind: str, x: float, y: float, s: float, ink):
    """A small sign of s pixels with its top left corner at (x, y)."""
    w = max(1, round(s / 7))
    if kind == "check":
        pen.line((x, y + s * 0.55, x + s * 0.4, y + s * 0.9, x + s, y + s * 0.15), fill=ink, width=w)
    elif kind == "plus":
        pen.line((x, y + s / 2, x + s, y + s / 2), fill=ink, width=w)
        pen.line((x + s / 2, y, x + s / 2, y + s), fill=ink, width=w)
    elif kind == "cross":
        pen.line((x, y, x + s, y + s), fill=ink, width=w)
        pen.line((x, y + s, x + s, y), fill=ink, width=w)
    elif kind == "arrow":
        pen.line((x, y + s / 2, x + s, y + s / 2), fill=ink, width=w)
        pen.line((x + s * 0.55, y, x + s, y + s / 2, x + s * 0.55, y + s), fill=ink, width=w)
    elif kind == "disc":
        pen.ellipse((x, y, x + s, y + s), fill=ink)
    elif kind == "box":
        pen.rectangle((x, y, x + s, y + s), outline=ink, width=w)
    elif kind == "bars":
        for i in range(3):
            pen.line((x, y + s * (0.15 + 0.35 * i), x + s, y + s * (0.15 + 0.35 * i)), fill=ink, width=w)
    else:
        pen.polygon([(x, y), (x + s, y + s / 2), (x, y + s)], fill=ink)


def bevel(pen, box, light, dark):
    left, top, right, bottom = box
    pen.line((left, bottom, left, top, right, top), fill=light)
    pen.line((left, bottom, right, bottom, right, top), fill=dark)


def filled(canvas, box, radius, fill_top, fill_bottom):
    """A rounded box whose colour changes from its top to its bottom."""
    left, top, right, bottom = (round(side) for side in box)
    size = (max(2, right - left + 1), max(2, bottom - top + 1))
    mask = Image.new("L", size)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), radius=radius, fill=255)
    ramp = Image.linear_gradient("L").resize(size)
    fill = Image.composite(Image.new("RGB", size, fill_bottom), Image.new("RGB", size, fill_top), ramp)
    canvas.image.paste(fill, (left, top), mask)


def button_on(
    canvas, theme: Theme, x: float, y: float, width: float, label: str, primary: bool, owner: str
) -> str | None:
    """Draws a button; returns the name of its colour if it has one that can be asked for."""
    rng, pen, style = theme.rng, canvas.draw, theme.button
    height, radius = theme.high, min(theme.radius, theme.high // 2)
    x, y = round(x), round(y)
    box = (x, y, x + width, y + height)
    face = shaded(theme.panel, -20 if sum(theme.panel) > 380 else 26)
    edge = colours.mixed(theme.panel, theme.ink, rng.uniform(0.25, 0.7))
    ink, named = theme.ink, None
    full = primary and rng.random() < 0.75  # in the accent colour
    if full and style not in ("link", "outlined", "bevel", "motif", "inset"):
        face, named = theme.accent, theme.accent_name if theme.accent_name != "grey" else None
    if style == "link":
        ink = theme.accent if colours.distance(theme.accent, theme.panel) > 280 else theme.ink
        if rng.random() < 0.5:
            text_width = draw.width_of(label, theme.font, theme.size)
            start = x + (width - text_width) / 2
            pen.line((start, y + theme.pad_y + theme.line, start + text_width, y + theme.pad_y + theme.line), fill=ink)
    elif style == "outlined":
        if full and colours.distance(theme.accent, theme.panel) > 280:
            edge = ink = theme.accent
        pen.rounded_rectangle(box, radius=radius, outline=edge, width=rng.randint(1, 2))
    elif style == "thick":
        pen.rounded_rectangle(box, radius=radius, fill=face, outline=theme.ink, width=rng.randint(2, 3))
    elif style == "gradient":
        filled(canvas, box, radius, shaded(face, 24), shaded(face, -24))
        pen.rounded_rectangle(box, radius=radius, outline=shaded(face, -60))
    elif style == "pill":
        pen.rounded_rectangle(box, radius=height / 2, fill=face, outline=edge if rng.random() < 0.4 else None)
    elif style in ("bevel", "motif"):
        face = shaded(theme.panel, -8) if style == "bevel" else colours.mixed(theme.panel, (110, 120, 150), 0.5)
        pen.rectangle(box, fill=face)
        ink = (0, 0, 0) if sum(face) > 330 else (255, 255, 255)
        bevel(pen, box, shaded(face, 60), shaded(face, -120))
        if style == "motif":
            bevel(pen, (x + 1, y + 1, x + width - 1, y + height - 1), shaded(face, 60), shaded(face, -90))
            if primary:
                pen.rectangle((x - 4, y - 4, x + width + 4, y + height + 4), outline=shaded(face, -80))
        else:
            bevel(pen, (x + 1, y + 1, x + width - 1, y + height - 1), shaded(face, 30), shaded(face, -60))
            if primary and rng.random() < 0.5:
                pen.rectangle((x - 1, y - 1, x + width + 1, y + height + 1), outline=(0, 0, 0))
    elif style == "inset":
        pen.rounded_rectangle(box, radius=radius, fill=shaded(theme.panel, 12), outline=edge)
        pen.line((x + radius, y + height, x + width - radius, y + height), fill=shaded(edge, -40))
    elif style in ("raised", "hard shadow"):
        if style == "raised":
            shade = Image.new("L", canvas.image.size)
            ImageDraw.Draw(shade).rounded_rectangle((x, y + 2, x + width, y + height + 2), radius=radius, fill=110)
            canvas.image.paste((0, 0, 0), (0, 0), shade.filter(ImageFilter.GaussianBlur(2)))
            pen.rounded_rectangle(box, radius=radius, fill=face)
        else:
            pen.rectangle((x + 4, y + 4, x + width + 4, y + height + 4), fill=(0, 0, 0))
            pen.rectangle(box, fill=face, outline=(0, 0, 0), width=2)
    elif style == "aqua":
        filled(canvas, box, height / 2, shaded(face, 40), shaded(face, -10))
        filled(canvas, (x + 4, y + 2, x + width - 4, y + height / 2), height / 4, shaded(face, 90), shaded(face, 30))
        pen.rounded_rectangle(box, radius=height / 2, outline=shaded(face, -70))
    elif style == "two-tone":
        pen.rounded_rectangle(box, radius=radius, fill=face)
        pen.rounded_rectangle((x, y + height - 4, x + width, y + height), radius=min(radius, 2), fill=shaded(face, -45))
    else:
        pen.rounded_rectangle(box, radius=radius, fill=face, outline=edge if style == "soft" and not named else None)
    if named or style in ("aqua", "pill", "gradient"):
        ink = (255, 255, 255) if colours.distance(face, (255, 255, 255)) > 260 else (16, 16, 16)
    if not primary and rng.random() < 0.06:  # disabled
        ink = colours.mixed(face if style != "link" else theme.panel, ink, 0.6)
    icon = theme.size + 6 if theme.icons else 0
    start = x + (width - draw.width_of(label, theme.font, theme.size) - icon) / 2
    if icon:
        s = theme.size * 0.7
        icon_on(pen, rng.choice(ICONS), start, y + (height - s) / 2, s, ink)
    canvas.text(start + icon, y + theme.pad_y, label, theme.font, theme.size, ink, owner)
    return named


def labels_of(source: Source, theme: Theme, n: int) -> list[str]:
    labels: list[str] = []
    while len(labels) < n:
        label = source.button_label()
        if theme.capitals:
            label = label.upper()
        if label not in labels and draw.width_of(label, theme.font, theme.size) < 230:
            labels.append(label)
    return labels


class Window:
    """A picture that grows downwards: what is to be drawn is noted first, so that the size is known before."""

    def __init__(self, source: Source):
        self.source, self.rng, self.theme = source, source.rng, Theme(source)
        self.width, self.height = 0.0, 0.0
        self.steps: list = []  # each is called with the canvas, the left and the top edge and the inner width
        self.title = self.message = self.box_label = None
        self.labels: list[str] = []
        self.names: list[str] = []  # what the buttons are called in questions
        self.colours: list[str | None] = []

    def add(self, width: float, height: float, paint, gap: float = 0):
        at = self.height
        self.steps.append(lambda canvas, left, top, inner: paint(canvas, left, top + at, inner))
        self.width, self.height = max(self.width, width), self.height + height + gap

    def rows(
        self, text: str, width: float, owner: str, font: str, size: int, ink, centred: bool = False, gap: float = 6
    ):
        step = draw.line_height(font, size) + self.rng.randint(0, 5)
        for row in wrapped(text, font, size, width):

            def paint(canvas, left, top, inner, row=row):
                inset = (inner - draw.width_of(row, font, size)) / 2 if centred else 0
                canvas.text(left + inset, top, row, font, size, ink, owner)

            self.add(draw.width_of(row, font, size), step, paint)
        self.height += gap

    def buttons(self, labels: list[str], align: str, gap: float):
        """A row of buttons, or with `align` "stack" a column of wide ones."""
        theme, n = self.theme, len(labels)
        self.labels = labels
        main = n - 1 if self.rng.random() < 0.7 else 0
        if align == "stack":
            self.names = ["button"] if n == 1 else ["top", *["middle"] * (n - 2), "bottom"]
            for i, label in enumerate(labels):

                def paint(canvas, left, top, inner, i=i, label=label):
                    self.colours.append(button_on(canvas, theme, left, top, inner, label, i == main, self.names[i]))

                self.add(theme.wide(label), theme.high, paint, gap)
            return
        self.names = ["button"] if n == 1 else ["left", *["middle"] * (n - 2), "right"]
        widths = [theme.wide(label) for label in labels]
        if self.rng.random() < 0.3:
            widths = [max(widths)] * n
        total = sum(widths) + gap * (n - 1)

        def paint(canvas, left, top, inner):
            x = left + {"left": 0, "right": inner - total, "centre": (inner - total) / 2, "wide": 0}[align]
            for i, label in enumerate(labels):
                width = inner if align == "wide" and n == 1 else widths[i]
                self.colours.append(button_on(canvas, theme, x, top, width, label, i == main, self.names[i]))
                x += width + gap

        self.add(total, theme.high, paint)


def entry(window: Window):
    """A field to type in, its label above it or its hint inside."""
    rng, theme, source = window.rng, window.theme, window.source
    hint = source.kept(lambda: source.title_text())
    above = rng.random() < 0.5
    size = max(11, theme.size - 1)
    if above:
        window.rows(hint, 400, "", theme.font, size, theme.ink, gap=0)
    edge = theme.muted
    lined = rng.random() < 0.2

    def paint(canvas, left, top, inner):
        box = (left, top, left + inner, top + theme.line + 8)
        if lined:
            canvas.draw.line((left, box[3], box[2], box[3]), fill=edge)
        else:
            canvas.draw.rounded_rectangle(box, radius=theme.radius // 2, fill=shaded(theme.panel, 14), outline=edge)
        if not above:
            canvas.text(left + 7, top + 4, hint, theme.font, size, colours.mixed(theme.panel, theme.ink, 0.55))

    window.add(draw.width_of(hint, theme.font, size) + 20, theme.line + 8, paint, rng.randint(6, 14))


def checkbox(window: Window):
    rng, theme, source = window.rng, window.theme, window.source
    label = source.kept(lambda: source.title_text())
    window.box_label = label
    on = rng.random() < 0.5

    def paint(canvas, left, top, inner):
        s = theme.size
        canvas.draw.rounded_rectangle(
            (left, top + 2, left + s, top + 2 + s),
            radius=rng.choice([0, 3]),
            outline=theme.ink,
            fill=theme.accent if on and rng.random() < 0.4 else None,
        )
        if on:
            icon_on(canvas.draw, "check", left + s * 0.2, top + 2 + s * 0.2, s * 0.6, theme.ink)
        canvas.text(left + s + 7, top, label, theme.font, theme.size, theme.ink, "check")

    window.add(theme.size + 8 + draw.width_of(label, theme.font, theme.size), theme.line, paint, rng.randint(8, 16))


def window(source: Source) -> Sample:
    rng = source.rng
    layout = rng.choice(HELD_LAYOUTS if source.held_style else LAYOUTS)
    made = Window(source)
    theme = made.theme
    n = rng.choices([1, 2, 3, 4], [6, 3, 1, 0.4])[0]
    if layout in ("login", "toast"):
        n = 1
    labels = labels_of(source, theme, n)
    gap = rng.randint(4, 16)
    top_room = 0
    titles = rng.choice(TITLES) if layout == "dialog" else "none"
    room = rng.randint(130, 300)
    if layout in ("dialog", "card", "login", "sheet"):
        heading = layout in ("card", "sheet") and rng.random() < 0.7
        if titles != "none" or heading:
            made.title = source.kept(lambda: source.title_text())
        if titles != "none":
            top_room = theme.line + rng.randint(6, 14)
            made.width = draw.width_of(made.title, theme.strong, theme.size) + (70 if titles == "lights" else 30)
        elif heading:
            made.rows(
                made.title, 320, "title", theme.strong, theme.size + rng.randint(1, 8), theme.ink, layout == "sheet"
            )
        if layout != "login" and rng.random() < 0.85:
            n_words = rng.randint(2, 8)
            made.message = source.kept(
                lambda: source.sentence(n_words) if rng.random() < 0.85 else source.phrase(n_words)
            )
            centred = rng.random() < 0.2
            made.rows(made.message, room, "message", theme.font, theme.size, theme.ink, centred, rng.randint(6, 18))
        for _ in range(rng.randint(1, 2) if layout == "login" else rng.random() < 0.12):
            entry(made)
        if rng.random() < (0.3 if layout == "login" else 0.15):
            checkbox(made)
    if layout in ("strip", "toast"):
        made.message = source.kept(lambda: source.sentence(rng.randint(2, 5)))
        across = draw.width_of(made.message, theme.font, theme.size) + rng.randint(14, 60)
        side = sum(theme.wide(label) for label in labels) + gap * (n - 1)
        if across + side > 620:
            made.message, across = None, 0.0
        made.width = across + side
        if made.message:
            text, high = made.message, theme.pad_y
            made.steps.append(
                lambda canvas, left, top, inner: canvas.text(
                    left, top + high, text, theme.font, theme.size, theme.ink, "message"
                )
            )
        made.buttons(labels, "right", gap)
    elif layout == "sheet" or (layout in ("alone", "card") and n > 1 and rng.random() < 0.3):
        made.buttons(labels, "stack", gap)
    else:
        made.buttons(labels, rng.choice(["left", "right", "right", "centre", "wide"]), gap)
    return painted(made, layout, titles, top_room)


def painted(made: Window, layout: str, titles: str, top_room: int) -> Sample:
    """The window with all that was noted, and what is asked of it."""
    rng, theme, source = made.rng, made.theme, made.source
    pad = rng.randint(6, 22)
    inner = made.width if layout in ("strip", "toast") else max(made.width, rng.randint(0, 240))
    width, height = inner + 2 * pad, made.height + 2 * pad + top_room
    frame = rng.randint(6, 40) if rng.random() < (0.9 if layout == "toast" else 0.3) else 0
    full_width, full_height = width + 2 * frame, height + 2 * frame
    if layout == "alone" and rng.random() < 0.4:
        full_width, full_height = full_width + rng.randint(0, 120), full_height + rng.randint(0, 90)
    around = colours.any_ground(rng) if frame else theme.panel
    canvas = source.canvas(round(full_width), round(full_height), around)
    left = round((full_width - width) * (0.5 if rng.random() < 0.6 else rng.random()))
    top = round((full_height - height) * (0.5 if rng.random() < 0.6 else rng.random()))
    box = (left, top, left + width - 1, top + height - 1)
    if frame:
        radius = rng.choice([0, 0, 4, 8, 14]) if layout != "toast" else rng.choice([4, 12, 20])
        if rng.random() < 0.4:
            shade = Image.new("L", canvas.image.size)
            ImageDraw.Draw(shade).rounded_rectangle((box[0], box[1] + 3, box[2], box[3] + 4), radius=radius, fill=130)
            canvas.image.paste((0, 0, 0), (0, 0), shade.filter(ImageFilter.GaussianBlur(4)))
        canvas.draw.rounded_rectangle(
            box, radius=radius, fill=theme.panel, outline=theme.muted if rng.random() < 0.5 else None
        )
    elif rng.random() < 0.3:
        canvas.draw.rectangle((0, 0, canvas.width - 1, canvas.height - 1), outline=theme.muted)
    if titles != "none":
        title_bar(canvas, made, titles, box, top_room, pad)
    for step in made.steps:
        step(canvas, left + pad, top + pad + top_room, inner)
    return source.finish(canvas, ask(made), 0.8)


def title_bar(canvas, made: Window, style: str, box, room: int, pad: int):
    rng, theme, pen = made.rng, made.theme, canvas.draw
    left, top, right, _ = box
    bar = top + room - 2
    ink, x = theme.ink, left + pad
    width = draw.width_of(made.title, theme.strong, theme.size)
    if style in ("bar", "classic"):
        fill = (
            theme.accent
            if rng.random() < 0.4
            else (10, 36, 106)
            if style == "classic"
            else shaded(theme.panel, rng.randint(-40, -12) if sum(theme.panel) > 300 else 24)
        )
        if style == "classic" and rng.random() < 0.5:
            canvas.image.paste(fill, (round(left + 2), round(top + 2), round(right - 1), round(bar)))
        else:
            pen.rectangle((left + 1, top + 1, right - 1, bar), fill=fill)
        ink = (255, 255, 255) if colours.distance(fill, (255, 255, 255)) > 300 else (16, 16, 16)
    elif style == "line":
        pen.line((left, bar, right, bar), fill=theme.muted)
    if style == "lights":
        for i, name in enumerate(("red", "yellow", "green")):
            pen.ellipse((left + 8 + 16 * i, top + 7, left + 18 + 16 * i, top + 17), fill=colours.shade(rng, name))
        x = left + (right - left - width) / 2
        x = max(x, left + 60)
    elif style == "centred":
        x = left + (right - left - width) / 2
    canvas.text(x, top + (room - 2 - theme.line) / 2, made.title, theme.strong, theme.size, ink, "title")
    if style in ("bar", "classic", "line") and rng.random() < 0.6 and x + width + 26 < right:
        if style == "classic":
            pen.rectangle((right - 18, top + 4, right - 5, top + 16), fill=(192, 192, 192), outline=(60, 60, 60))
            ink = (0, 0, 0)
        icon_on(pen, "cross", right - 15, top + 7, 7, ink)


def ask(made: Window) -> list[list[Turn]]:
    rng, held, labels = made.rng, made.source.held_style, made.labels
    chats: list[list[Turn]] = []

    def add(task, phrasings_, names, answer):
        chats.append([Turn(task, phrasing(rng, phrasings_, held, *names), answer)])

    if len(labels) == 1:
        for _ in range(2):
            add("button", phrasings.BUTTON, [], labels[0])
    else:
        add("buttons", phrasings.BUTTONS, [], ", ".join(labels))
        for i in rng.sample(range(len(labels)), k=min(2, len(labels))):
            if made.names.count(made.names[i]) == 1:
                add("button", phrasings.NAMED_BUTTON, [made.names[i]], labels[i])
            elif made.names[i] == "middle" and len(labels) == 4:
                add("button", phrasings.NAMED_BUTTON, [["first", "second", "third", "last"][i]], labels[i])
    # A colour names a button if no other button has it.
    for label, name in zip(labels, made.colours):
        if name and made.colours.count(name) == 1 and rng.random() < 0.7:
            add("button", phrasings.NAMED_BUTTON, [name], label)
    if rng.random() < 0.4:
        add("count", phrasings.COUNT, ["buttons"], NUMBERS[len(labels)].capitalize() + ".")
    if made.title:
        add("title", phrasings.TITLE, [], made.title)
    if made.message and rng.random() < 0.5:
        asked = rng.choice(["What is the message?", "What does the message say?", "Read the message."])
        chats.append([Turn("message", asked, made.message)])
    if made.box_label:
        add("checkbox", phrasings.CHECKBOX, [], made.box_label)
    if rng.random() < 0.15:
        chats.append(made.source.absent(rng.choice(["total", "shape"])))
    if not made.title and rng.random() < 0.2:
        chats.append(made.source.absent("title"))
    rng.shuffle(chats)
    return chats
