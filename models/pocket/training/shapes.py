"""Scenes of shapes in many styles: any size, place, colour, ground and number, identical shapes too."""

import math

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

import colours
import phrasings
from draw import Canvas
from phrasings import phrasing
from tasks import ALL_SHAPES, COLOURS, NUMBERS, PLACES, SHAPES, Sample, Source, Turn, a, plural

FILLS = ["flat", "flat", "flat", "gradient", "bordered", "shadow", "outlined"]
GROUNDS = ["plain", "plain", "plain", "gradient", "stripes", "dots", "grain", "panel"]
HELD_FILLS = ["hatched", "glossy", "flat"]  # the last so that a held ground is tried alone, too
HELD_GROUNDS = ["checks", "grid", "plain"]
LAYOUTS = ["loose", "loose", "row", "column", "close", "grid"]


class Look:
    """How all shapes of one picture are drawn."""

    def __init__(self, source: Source):
        rng = source.rng
        self.fill = rng.choice(HELD_FILLS if source.held_style else FILLS)
        self.soft = rng.random() < 0.75  # whether edges are smooth
        self.border = rng.uniform(0.06, 0.2)
        self.ring = rng.uniform(0.22, 0.45)
        self.cross = rng.uniform(0.22, 0.38)
        self.inner = rng.uniform(0.36, 0.52)  # of a star
        self.points = rng.choices([5, 4, 6], [8, 1, 1])[0]
        self.narrow = rng.uniform(0.6, 0.85)  # of a diamond
        self.flat = rng.uniform(0.45, 0.65)  # of a rectangle or an oval
        self.round = rng.random() < 0.15  # corners of squares
        self.turned = rng.random() < 0.35


def silhouette(shape: str, r: float, look: Look, angle: float) -> Image.Image:
    """The shape as a mask of 2 (r + 3) pixels a side, its centre in the middle."""
    scale = 4 if look.soft and r < 90 else 2 if look.soft else 1
    side = 2 * math.ceil(r + 3)
    mask = Image.new("L", (side * scale, side * scale))
    pen = ImageDraw.Draw(mask)
    c, R = side * scale / 2, r * scale

    def oval(x0, y0, x1, y1, fill=255):
        pen.ellipse((c + x0 * R, c + y0 * R, c + x1 * R, c + y1 * R), fill=fill)

    def box(x0, y0, x1, y1):
        pen.rectangle((c + x0 * R, c + y0 * R, c + x1 * R, c + y1 * R), fill=255)

    def corners(n, reach=lambda i: 1.0, across=1.0):
        angles = [math.tau * i / n - math.pi / 2 for i in range(n)]
        pen.polygon(
            [
                (c + R * reach(i) * math.cos(turn) * across, c + R * reach(i) * math.sin(turn))
                for i, turn in enumerate(angles)
            ],
            fill=255,
        )

    if shape == "circle":
        oval(-1, -1, 1, 1)
    elif shape == "oval":
        oval(-1, -look.flat, 1, look.flat)
    elif shape == "ring":
        hole = 1 - look.ring
        oval(-1, -1, 1, 1)
        oval(-hole, -hole, hole, hole, fill=0)
    elif shape in ("square", "rectangle"):
        high = 0.86 if shape == "square" else look.flat
        wide = 0.86 if shape == "square" else 1
        if look.round:
            pen.rounded_rectangle((c - wide * R, c - high * R, c + wide * R, c + high * R), radius=0.2 * R, fill=255)
        else:
            box(-wide, -high, wide, high)
    elif shape == "cross":
        box(-look.cross, -1, look.cross, 1)
        box(-1, -look.cross, 1, look.cross)
    elif shape == "heart":
        oval(-1, -0.9, 0.03, 0.1)
        oval(-0.03, -0.9, 1, 0.1)
        pen.polygon([(c + x * R, c + y * R) for x, y in ((-0.93, -0.2), (0, -0.35), (0.93, -0.2), (0, 1))], fill=255)
    elif shape == "star":
        corners(2 * look.points, lambda i: look.inner if i % 2 else 1)
    else:
        n = {"triangle": 3, "diamond": 4, "pentagon": 5, "hexagon": 6}[shape]
        corners(n, across=look.narrow if shape == "diamond" else 1.0)
    if angle:
        mask = mask.rotate(angle, Image.Resampling.BICUBIC if look.soft else Image.Resampling.NEAREST)
    return mask.reduce(scale) if scale > 1 else mask


def angle_of(rng, shape: str, look: Look) -> float:
    """How far this shape may be turned and still be called what it is."""
    if not look.turned or shape in ("circle", "ring"):
        return 0.0
    if shape in ("triangle", "star", "pentagon", "hexagon"):
        return rng.uniform(0, 360)
    if shape in ("rectangle", "oval"):
        return rng.choice([0, 90, rng.uniform(-30, 30)])
    return rng.uniform(-12, 12)


def put(canvas: Canvas, look: Look, shape: str, x: float, y: float, r: float, ink, border, angle: float):
    """Draws one shape."""
    mask = silhouette(shape, r, look, angle)
    left, top = round(x - mask.width / 2), round(y - mask.height / 2)

    def paste(fill, stencil, dx=0, dy=0):
        canvas.image.paste(fill, (left + dx, top + dy), stencil)

    inset = max(2, round(look.border * r))
    fill = look.fill
    if fill == "shadow":
        paste(colours.mixed(canvas.background, (0, 0, 0), 0.5), mask.filter(ImageFilter.GaussianBlur(2)), 2, 3)
    if fill in ("bordered", "outlined") and r >= 9 and shape not in ("ring", "cross", "star"):
        inner = mask.filter(ImageFilter.MinFilter(2 * min(inset, 7) + 1))
        if fill == "bordered":
            paste(border, mask)
            paste(ink, inner)
        else:
            paste(ink, ImageChops.subtract(mask, inner))
        return
    if fill == "gradient":
        ramp = Image.linear_gradient("L").resize(mask.size).rotate(90 * (round(angle) % 4))
        end = colours.mixed(ink, (255, 255, 255) if sum(ink) > 300 else (90, 90, 90), 0.3 if sum(ink) < 600 else 0.1)
        paste(Image.composite(Image.new("RGB", mask.size, ink), Image.new("RGB", mask.size, end), ramp), mask)
        return
    paste(ink, mask)
    if fill == "glossy":
        light = Image.new("L", mask.size)
        q = mask.width / 4
        ImageDraw.Draw(light).ellipse((q, q * 0.7, 2.4 * q, 1.8 * q), fill=90)
        paste((255, 255, 255), ImageChops.multiply(light.filter(ImageFilter.GaussianBlur(2)), mask))
    elif fill == "hatched":
        lines = Image.new("L", mask.size)
        pen = ImageDraw.Draw(lines)
        for start in range(-mask.height, mask.width, 6):
            pen.line((start, 0, start + mask.height, mask.height), fill=110, width=2)
        paste(colours.mixed(ink, (255, 255, 255), 0.4), ImageChops.multiply(lines, mask))


def grounded(source: Source, canvas: Canvas, style: str):
    """Gives the canvas its ground; all of it stays near the canvas' own colour."""
    rng = source.rng
    width, height, base = canvas.width, canvas.height, canvas.background
    other = colours.mixed(
        base,
        rng.choice([(0, 0, 0), (255, 255, 255), tuple(rng.randint(0, 255) for _ in range(3))]),
        rng.uniform(0.04, 0.14),
    )
    pen = canvas.draw
    if style == "gradient":
        ramp = Image.linear_gradient("L").rotate(rng.choice([0, 90, 180, 270])).resize((width, height))
        end = colours.mixed(base, other, 1.0 if rng.random() < 0.5 else 1.6)
        end = tuple(min(255, max(0, channel)) for channel in end)
        canvas.image.paste(Image.composite(Image.new("RGB", (width, height), end), canvas.image, ramp))
    elif style == "stripes":
        step = rng.randint(6, 30)
        for x in range(0, width + height, 2 * step):
            pen.line((x, 0, x if step % 2 else x - height, height), fill=other, width=step)
    elif style == "dots":
        step, size = rng.randint(8, 24), rng.randint(1, 3)
        for x in range(step // 2, width, step):
            for y in range(step // 2, height, step):
                pen.ellipse((x, y, x + size, y + size), fill=other)
    elif style == "grain":
        noise = np.random.default_rng(rng.getrandbits(32)).normal(0, rng.uniform(2, 9), (height, width, 1))
        pixels = np.asarray(canvas.image, dtype=np.float32) + noise
        canvas.image.paste(Image.fromarray(pixels.clip(0, 255).astype(np.uint8)))
    elif style == "panel":
        inset = rng.randint(3, 12)
        pen.rounded_rectangle(
            (inset, inset, width - inset, height - inset),
            radius=rng.choice([0, 6, 14]),
            outline=other if rng.random() < 0.5 else colours.mixed(base, (128, 128, 128), 0.6),
            width=rng.randint(1, 3),
        )
    elif style == "checks":
        step = rng.randint(8, 24)
        for x in range(0, width, step):
            for y in range(0, height, step):
                if (x + y) // step % 2:
                    pen.rectangle((x, y, x + step - 1, y + step - 1), fill=other)
    elif style == "grid":
        step = rng.randint(10, 30)
        for x in range(0, width, step):
            pen.line((x, 0, x, height), fill=other)
        for y in range(0, height, step):
            pen.line((0, y, width, y), fill=other)


def places(rng, n: int, width: int, height: int, layout: str) -> list[tuple[float, float, float]]:
    """Centres and radii of n shapes that do not touch."""
    short = min(width, height)
    if layout in ("row", "column"):
        along, across = (width, height) if layout == "row" else (height, width)
        slot = along / n
        r = min(slot * rng.uniform(0.25, 0.42), across * rng.uniform(0.2, 0.42))
        line = rng.uniform(r + 3, across - r - 3) if across > 2 * r + 8 else across / 2
        spots = [((i + 0.5) * slot, line, r) for i in range(n)]
        return spots if layout == "row" else [(y, x, r) for x, y, r in spots]
    if layout == "grid":
        columns = math.ceil(math.sqrt(n)) if width <= height * 1.6 else min(n, math.ceil(math.sqrt(n)) + 1)
        rows = math.ceil(n / columns)
        r = min(width / columns, height / rows) * rng.uniform(0.25, 0.42)
        return [((i % columns + 0.5) * width / columns, (i // columns + 0.5) * height / rows, r) for i in range(n)]
    one_size = rng.random() < 0.5
    most = short * rng.uniform(0.1, 0.5 if n == 1 else 0.34 if n < 4 else 0.24)
    gap = rng.uniform(2, 6) if layout == "close" else rng.uniform(4, 16)
    spots: list[tuple[float, float, float]] = []
    for _ in range(400):
        if len(spots) == n:
            return spots
        r = max(5.0, most if one_size else most * rng.uniform(0.45, 1))
        if layout == "close" and spots:
            x0, y0, r0 = spots[-1]
            turn, reach = rng.uniform(0, math.tau), r0 + r + gap
            x, y = x0 + reach * math.cos(turn), y0 + reach * math.sin(turn)
        else:
            x, y = rng.uniform(r + 2, width - r - 2), rng.uniform(r + 2, height - r - 2)
        inside = r + 1 <= x <= width - r - 1 and r + 1 <= y <= height - r - 1
        if inside and all(math.hypot(x - u, y - v) >= r + s + gap for u, v, s in spots):
            spots.append((x, y, r))
        else:
            most = max(5.0, most * 0.985)
    return spots or [(width / 2, height / 2, max(5.0, short / 4))]


def scene(source: Source) -> Sample:
    rng = source.rng
    look = Look(source)
    style = rng.choice(HELD_GROUNDS if source.held_style else GROUNDS)
    n = rng.choices([1, 2, 3, 4, 5], [2, 2, 3, 3, 3])[0]
    # Most are small, as small pictures are quick; some are as large as pictures get.
    width, height = (rng.randint(64, 168) for _ in range(2))
    most = 512
    if rng.random() < 0.6:  # as a larger picture is looked at
        longest = rng.randint(180, 480)
        ratio = rng.uniform(0.5, 1)
        width, height = (longest, round(longest * ratio))[:: rng.choice([1, -1])]
        most = rng.choice([112, 128, 128, 144])
    base = colours.any_ground(rng)
    ground_name = None
    if rng.random() < 0.35:
        ground_name = rng.choice(list(COLOURS))
        base = colours.shade(rng, ground_name)
    canvas = source.canvas(width, height, base)
    grounded(source, canvas, style)
    spots = places(rng, n, width, height, rng.choice(LAYOUTS))
    shown = [name for name in COLOURS if name != ground_name]

    def ink() -> tuple[str, tuple[int, int, int]]:
        for _ in range(100):
            name = rng.choice(shown)
            rgb = colours.shade(rng, name)
            if colours.distance(rgb, base) > 130:
                return name, rgb
        name = "black" if sum(base) > 380 else "white"
        return name, colours.shade(rng, name)

    kinds = rng.random()
    shapes = [rng.choice(ALL_SHAPES if rng.random() < 0.4 else SHAPES) for _ in spots]
    inks = [ink() for _ in spots]
    if kinds < 0.3:  # identical
        shapes, inks = shapes[:1] * len(spots), inks[:1] * len(spots)
    elif kinds < 0.45:
        shapes = shapes[:1] * len(spots)
    elif kinds < 0.6:
        inks = inks[:1] * len(spots)
    elif kinds < 0.75:  # of two kinds
        shapes = [rng.choice(shapes[:2]) for _ in spots]
        inks = [inks[0] if shape == shapes[0] else inks[-1] for shape in shapes]
    if "square" in shapes:
        shapes = ["square" if shape == "rectangle" else shape for shape in shapes]
    if "circle" in shapes:
        shapes = ["circle" if shape == "oval" else shape for shape in shapes]
    if look.fill == "outlined" and "ring" in shapes:
        look.fill = "flat"
    border = colours.ink_on(rng, base, 150)
    things = []
    for (x, y, r), shape, (name, rgb) in zip(spots, shapes, inks):
        put(canvas, look, shape, x, y, r, rgb, border, angle_of(rng, shape, look))
        canvas.regions.append((ALL_SHAPES.index(shape), list(COLOURS).index(name), x, y, r))
        things.append((name, shape, x / width, y / height, len(things)))
    plain = style == "plain" and ground_name is not None
    return source.finish(canvas, ask(source, things, ground_name if plain else None), 0.7, most)


def ask(source: Source, things, ground_name: str | None) -> list[list[Turn]]:
    rng, held = source.rng, source.held_style
    chats: list[list[Turn]] = []

    def add(task, phrasings_, names, answer, thing=None):
        chats.append([Turn(task, phrasing(rng, phrasings_, held, *names), answer, thing)])

    def number(n):
        return NUMBERS[n].capitalize() + "."

    by_shape: dict[str, list] = {}
    by_colour: dict[str, list] = {}
    for thing in things:
        by_shape.setdefault(thing[1], []).append(thing)
        by_colour.setdefault(thing[0], []).append(thing)
    shape_names, colour_names = list(by_shape), list(by_colour)
    # Counting: all, those of a shape, those of a colour, those of both.
    add(
        "count",
        phrasings.COUNT,
        [rng.choice(["shapes", "shapes", "things", "objects", "figures"])],
        number(len(things)),
    )
    shape = rng.choice(shape_names)
    add("count", phrasings.COUNT, [plural(shape)], number(len(by_shape[shape])))
    colour = rng.choice(colour_names)
    if len(by_shape) > 1 or rng.random() < 0.5:
        noun = rng.choice(["shapes", "shapes", "things", "objects"])
        add("count", phrasings.COUNT, [f"{colour} {noun}"], number(len(by_colour[colour])))
    if rng.random() < 0.5:
        one = rng.choice(things)
        same = sum(thing[:2] == one[:2] for thing in things)
        add("count", phrasings.COUNT, [f"{one[0]} {plural(one[1])}"], number(same))
    if rng.random() < 0.2:
        gone = rng.choice([name for name in ALL_SHAPES if name not in by_shape])
        add("count", phrasings.COUNT, [plural(gone)], number(0))
    for name, alike in by_shape.items():
        if len(alike) == 1 or len({thing[0] for thing in alike}) == 1:
            noun = name if len(alike) == 1 else None
            if noun:
                add("colour", phrasings.COLOUR, [noun], alike[0][0].capitalize() + ".", alike[0][4])
            elif rng.random() < 0.6:
                asked = rng.choice(
                    ["What colour are the {}?", "What color are the {}?", "Which colour do the {} have?"]
                )
                chats.append([Turn("colour", asked.format(plural(name)), alike[0][0].capitalize() + ".", alike[0][4])])
    if len(things) == 1 and rng.random() < 0.5:
        add("colour", phrasings.COLOUR, ["shape"], things[0][0].capitalize() + ".", things[0][4])
    if len(things) == 1:
        add("shape", phrasings.LONE_SHAPE, [], a(things[0][1]).capitalize() + ".", things[0][4])
    for name, alike in by_colour.items():
        if len(alike) == 1 and rng.random() < 0.6:
            add("shape", phrasings.SHAPE, [name], a(alike[0][1]).capitalize() + ".", alike[0][4])
    for thing in things:
        if sum(other[:2] == thing[:2] for other in things) > 1 or rng.random() < 0.5:
            continue
        # Asked only where nobody would call it another ninth.
        column, row = (int(3 * side) if abs(3 * side % 1 - 0.5) < 0.36 else None for side in thing[2:4])
        if column is not None and row is not None:
            called = thing[1] if len(by_shape[thing[1]]) == 1 else f"{thing[0]} {thing[1]}"
            add("position", phrasings.PLACE, [called], PLACES[row][column].capitalize() + ".", thing[4])
    if rng.random() < 0.3:
        there = rng.choice(things) if rng.random() < 0.5 else (rng.choice(list(COLOURS)), rng.choice(SHAPES))
        found = next((thing[4] for thing in things if thing[:2] == tuple(there[:2])), None)
        chats.append(
            [Turn("yes or no", f"Is there {a(there[0])} {there[1]}?", "No." if found is None else "Yes.", found)]
        )
    if ground_name and rng.random() < 0.7:
        add("ground", phrasings.GROUND, [], ground_name.capitalize() + ".")
    if rng.random() < 0.25:
        gone = rng.choice([name for name in SHAPES if name not in by_shape])
        chats.append([Turn("absent", phrasing(rng, phrasings.COLOUR, held, gone), f"I cannot see a {gone}.")])
    if rng.random() < 0.15:
        chats.append(source.absent(rng.choice(["text", "button", "total"])))
    rng.shuffle(chats)
    return chats
