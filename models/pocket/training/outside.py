"""Pictures that this model cannot answer about: photographs, pages, busy screens, maps, drawings, noise.

Photographs are the wallpapers of Debian's packages (see `env`); everything else is drawn.
"""

import math
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageOps

import colours
import draw
import phrasings
from draw import Canvas
from phrasings import phrasing
from tasks import ALL_SHAPES, COLOURS, DESCRIBE, Sample, Source, Turn, plural, wrapped
from widgets import ICONS, icon_on, shaded
from words import COMMON, FIELDS, ITEMS

REFUSAL = "The built-in model cannot answer this about this picture."

BACKGROUNDS = Path("/usr/share/backgrounds")
PHOTOGRAPHS = [
    (BACKGROUNDS / "mate", "*.jpg"),
    (BACKGROUNDS / "mate", "*.png"),
    (BACKGROUNDS / "gnome", "*-l.webp"),
    (Path("/usr/share/wallpapers"), "*0x1600.jpg"),
    (Path("/usr/share/wallpapers"), "*0x2160.png"),
    (Path("/usr/share/wallpapers"), "*0x2880.png"),
    (Path("/usr/share/wallpapers"), "*0x2160.jpg"),
]
# A whole package apart: the evaluation's.
HELD_PHOTOGRAPHS = [(BACKGROUNDS, "*_by_*.jpg")]


@lru_cache(maxsize=2)
def photographs(held: bool) -> list[Path]:
    """The photographs' files in an order of their own."""
    places = HELD_PHOTOGRAPHS if held else PHOTOGRAPHS
    found = {path for folder, pattern in places for path in folder.rglob(pattern) if path.stat().st_size > 40_000}
    if len(found) < 10:
        raise RuntimeError("too few photographs: install the packages that `env` names")
    return sorted(found)


@lru_cache(maxsize=200)
def photograph(path: Path) -> Image.Image:
    """A photograph, its shorter side of 640 pixels at most."""
    with Image.open(path) as image:
        image.draft("RGB", (1024, 1024))
        image = image.convert("RGB")
    ratio = 640 / min(image.size)
    return image.resize([round(side * ratio) for side in image.size], Image.Resampling.BICUBIC) if ratio < 1 else image


def size_of(rng, least: int = 112) -> tuple[int, int]:
    """Mostly small, as small pictures are quick; sometimes as large as pictures get."""
    most = 512 if rng.random() < 0.3 else 288
    return rng.randint(least, most), rng.randint(least, most if most < 512 else 400)


# Photographs and what looks like them


def photo(source: Source) -> Image.Image:
    rng = source.rng
    while True:
        image = photograph(rng.choice(photographs(source.held_style)))
        width, height = size_of(rng)
        part = rng.uniform(0.3, 1)
        # Of the picture's own proportions or of the photograph's.
        if rng.random() < 0.5:
            height = max(96, min(512, round(width * image.height / image.width)))
        scale = min(image.width / width, image.height / height) * part
        crop_width, crop_height = width * scale, height * scale
        left, top = rng.uniform(0, image.width - crop_width), rng.uniform(0, image.height - crop_height)
        image = image.resize(
            (width, height), Image.Resampling.BICUBIC, (left, top, left + crop_width, top + crop_height)
        )
        if np.asarray(image.convert("L"), dtype=np.float32).std() > 14:  # and not a piece of plain sky
            break
    if rng.random() < 0.5:
        image = ImageOps.mirror(image)
    kind = rng.random()
    if kind < 0.1:
        image = ImageOps.grayscale(image).convert("RGB")
    elif kind < 0.3:
        pixels = np.asarray(image, dtype=np.float32) * [rng.uniform(0.7, 1.2) for _ in range(3)]
        image = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    return image


def waves(rng, width: int, height: int, roughness: float = 0.55) -> np.ndarray:
    """Fractal noise between 0 and 1."""
    numbers = np.random.default_rng(rng.getrandbits(32))
    total, share = np.zeros((height, width), dtype=np.float32), 1.0
    side = rng.randint(2, 4)
    while side < max(width, height):
        layer = Image.fromarray(numbers.random((side, side), dtype=np.float32))
        total += share * np.asarray(layer.resize((width, height), Image.Resampling.BICUBIC))
        share *= roughness
        side *= 2
    low, high = total.min(), total.max()
    return (total - low) / max(high - low, 1e-6)


def toned(values: np.ndarray, stops) -> np.ndarray:
    """Values between 0 and 1 as colours between the stops."""
    at = np.linspace(0, 1, len(stops))
    return np.stack([np.interp(values, at, [stop[i] for stop in stops]) for i in range(3)], -1)


def any_colour(rng):
    return tuple(rng.randint(0, 255) for _ in range(3))


def landscape(source: Source) -> Image.Image:
    """Sky, hills before hills, perhaps a sun."""
    rng = source.rng
    width, height = size_of(rng)
    sky = [any_colour(rng), colours.mixed(any_colour(rng), (255, 255, 255), 0.5)]
    pixels = toned(np.repeat(np.linspace(0, 1, height)[:, None], width, 1), sky)
    pixels += (waves(rng, width, height)[..., None] - 0.5) * rng.uniform(10, 90)
    rows = np.arange(height)[:, None]
    for i in range(rng.randint(1, 4)):
        line = waves(rng, width, 1, rng.uniform(0.4, 0.65))[0]
        edge = height * (0.3 + 0.17 * i) + (line - 0.5) * height * rng.uniform(0.1, 0.5)
        rough = waves(rng, width, height, 0.7)
        land = toned(rough, [shaded(any_colour(rng), -60), any_colour(rng)])
        pixels = np.where((rows > edge[None])[..., None], land, pixels)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def clouds(source: Source) -> Image.Image:
    """Fractal noise in a few colours: smoke, stone, moss, rust."""
    rng = source.rng
    width, height = size_of(rng)
    values = waves(rng, width, height, rng.uniform(0.4, 0.85))
    if rng.random() < 0.4:
        values = (np.sin(values * rng.uniform(6, 40)) + 1) / 2  # marble, wood
    pixels = toned(values, [any_colour(rng) for _ in range(rng.randint(2, 5))])
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def bokeh(source: Source) -> Image.Image:
    """Many blurred lights and things out of focus."""
    rng = source.rng
    width, height = size_of(rng)
    image = Image.fromarray(toned(waves(rng, width, height), [any_colour(rng), any_colour(rng)]).astype(np.uint8))
    for _ in range(rng.randint(1, 3)):
        layer, mask = Image.new("RGB", image.size, any_colour(rng)), Image.new("L", image.size)
        pen = ImageDraw.Draw(mask)
        for _ in range(rng.randint(8, 60)):
            x, y, r = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(3, 40)
            pen.ellipse((x - r, y - r * rng.uniform(0.5, 1), x + r, y + r), fill=rng.randint(60, 220))
        image.paste(layer, (0, 0), mask.filter(ImageFilter.GaussianBlur(rng.uniform(1, 9))))
    return image


def noise(source: Source) -> Image.Image:
    rng = source.rng
    width, height = size_of(rng)
    numbers = np.random.default_rng(rng.getrandbits(32))
    kind = rng.random()
    if kind < 0.35:
        pixels = numbers.integers(0, 256, (height, width, 3))
    elif kind < 0.7:
        pixels = numbers.integers(0, 256, (height, width, 1)).repeat(3, 2)
    else:
        side = rng.randint(2, 12)
        blocks = numbers.integers(0, 256, (math.ceil(height / side), math.ceil(width / side), rng.choice([1, 3])))
        pixels = np.kron(blocks, np.ones((side, side, 1)))[:height, :width]
        pixels = pixels.repeat(3, 2) if pixels.shape[2] == 1 else pixels
    image = Image.fromarray(pixels.astype(np.uint8))
    return image.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 3))) if rng.random() < 0.3 else image


def texture(source: Source) -> Image.Image:
    """Bricks, planks, cloth, tiles."""
    rng = source.rng
    width, height = size_of(rng)
    image = Image.new("RGB", (width, height), any_colour(rng))
    pen = ImageDraw.Draw(image)
    base, w, h = any_colour(rng), rng.randint(8, 60), rng.randint(6, 40)
    for row, y in enumerate(range(0, height, h)):
        for x in range(-w, width, w):
            shift = w // 2 if row % 2 else 0
            pen.rectangle((x + shift, y, x + shift + w - 2, y + h - 2), fill=shaded(base, rng.randint(-40, 40)))
    pixels = np.asarray(image, dtype=np.float32) + (waves(rng, width, height, 0.9)[..., None] - 0.5) * rng.uniform(
        20, 120
    )
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


# Drawings


def scribble(source: Source) -> Image.Image:
    """Lines by hand: curves, hatching, blots."""
    rng = source.rng
    width, height = size_of(rng)
    image = Image.new("RGB", (width, height), colours.any_ground(rng))
    pen = ImageDraw.Draw(image)
    for _ in range(rng.randint(8, 60)):
        x, y, turn = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0, math.tau)
        points = [(x, y)]
        bend = rng.uniform(-0.3, 0.3)
        for _ in range(rng.randint(5, 40)):
            turn += bend + rng.uniform(-0.3, 0.3)
            x, y = x + 7 * math.cos(turn), y + 7 * math.sin(turn)
            points.append((x, y))
        if rng.random() < 0.15:
            pen.polygon(points, fill=any_colour(rng))
        pen.line(points, fill=any_colour(rng) if rng.random() < 0.5 else (20, 20, 20), width=rng.randint(1, 5))
    return image


def cartoon(source: Source) -> Image.Image:
    """A face, a house, a tree, a car: what a child draws, many at once."""
    rng = source.rng
    width, height = size_of(rng, 160)
    image = Image.new("RGB", (width, height), any_colour(rng))
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, height * 0.65, width, height), fill=any_colour(rng))
    for _ in range(rng.randint(3, 7)):
        x, y, s = rng.uniform(0, width * 0.85), rng.uniform(height * 0.3, height * 0.75), rng.uniform(24, 70)
        one, other, third = any_colour(rng), any_colour(rng), any_colour(rng)
        kind = rng.choice(["face", "house", "tree", "car", "person", "cloud"])
        if kind == "face":
            pen.ellipse((x, y, x + s, y + s * 1.1), fill=one, outline=(0, 0, 0))
            for dx in (0.3, 0.7):
                pen.ellipse((x + s * dx - 3, y + s * 0.35, x + s * dx + 3, y + s * 0.35 + 7), fill=(0, 0, 0))
            pen.arc((x + s * 0.25, y + s * 0.4, x + s * 0.75, y + s * 0.85), 20, 160, fill=(0, 0, 0), width=2)
            pen.chord((x - 3, y - 5, x + s + 3, y + s * 0.6), 180, 360, fill=other)
        elif kind == "house":
            pen.rectangle((x, y, x + s, y + s * 0.8), fill=one, outline=(0, 0, 0))
            pen.polygon([(x - 5, y), (x + s / 2, y - s * 0.6), (x + s + 5, y)], fill=other)
            pen.rectangle((x + s * 0.4, y + s * 0.4, x + s * 0.6, y + s * 0.8), fill=third)
            pen.rectangle(
                (x + s * 0.1, y + s * 0.15, x + s * 0.3, y + s * 0.35), fill=(200, 230, 255), outline=(0, 0, 0)
            )
        elif kind == "tree":
            pen.rectangle((x + s * 0.42, y, x + s * 0.58, y + s), fill=colours.shade(rng, "brown"))
            for _ in range(5):
                dx, dy = rng.uniform(0.1, 0.9) * s, rng.uniform(-0.5, 0.4) * s
                pen.ellipse(
                    (x + dx - s * 0.3, y + dy - s * 0.3, x + dx + s * 0.3, y + dy + s * 0.3),
                    fill=colours.shade(rng, "green"),
                )
        elif kind == "car":
            pen.rounded_rectangle((x, y, x + 1.4 * s, y + s * 0.4), radius=6, fill=one)
            pen.polygon(
                [(x + s * 0.25, y), (x + s * 0.45, y - s * 0.3), (x + s, y - s * 0.3), (x + 1.2 * s, y)], fill=other
            )
            for dx in (0.3, 1.1):
                pen.ellipse((x + s * (dx - 0.16), y + s * 0.25, x + s * (dx + 0.16), y + s * 0.57), fill=(20, 20, 20))
        elif kind == "person":
            pen.ellipse((x, y - s * 0.3, x + s * 0.3, y), fill=one)
            pen.rectangle((x + s * 0.02, y, x + s * 0.28, y + s * 0.5), fill=other)
            for dx in (0.08, 0.22):
                pen.line((x + s * dx, y + s * 0.5, x + s * dx, y + s), fill=third, width=4)
        else:
            for _ in range(4):
                dx = rng.uniform(0, s)
                pen.ellipse((x + dx, y * 0.3, x + dx + s * 0.5, y * 0.3 + s * 0.35), fill=(245, 245, 250))
    return image


def street_map(source: Source) -> Canvas:
    rng = source.rng
    width, height = size_of(rng, 200)
    canvas = source.canvas(width, height, rng.choice([(242, 239, 233), (235, 235, 228), (40, 44, 52)]))
    pen = canvas.draw
    for _ in range(rng.randint(3, 8)):  # parks and water
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        points = [(x + rng.uniform(20, 70) * math.cos(i), y + rng.uniform(20, 70) * math.sin(i)) for i in range(6)]
        pen.polygon(points, fill=rng.choice([(200, 230, 180), (170, 211, 223), (225, 220, 210)]))
    for _ in range(rng.randint(6, 18)):
        points, turn = [(rng.uniform(0, width), rng.uniform(0, height))], rng.uniform(0, math.tau)
        for _ in range(8):
            turn += rng.uniform(-0.3, 0.3)
            points.append((points[-1][0] + 50 * math.cos(turn), points[-1][1] + 50 * math.sin(turn)))
        wide = rng.choice([2, 3, 5, 8])
        pen.line(points, fill=(190, 185, 175), width=wide + 2)
        pen.line(points, fill=rng.choice([(255, 255, 255), (252, 214, 164), (247, 250, 191)]), width=wide)
    for _ in range(rng.randint(3, 12)):
        word = f"{rng.choice(COMMON).capitalize()} {rng.choice(['St', 'Road', 'Park', 'Lane', 'Ave'])}"
        canvas.text(
            rng.uniform(0, width * 0.8),
            rng.uniform(0, height * 0.95),
            word,
            source.font(draw.SANS),
            rng.randint(8, 11),
            (90, 90, 90),
        )
    return canvas


def code_square(source: Source) -> Image.Image:
    """A QR code or a bar code."""
    rng = source.rng
    numbers = np.random.default_rng(rng.getrandbits(32))
    if rng.random() < 0.6:
        n, side = rng.choice([21, 25, 29, 33]), rng.randint(4, 9)
        cells = numbers.integers(0, 2, (n, n))
        for row, column in ((0, 0), (0, n - 7), (n - 7, 0)):
            eye = np.zeros((7, 7))
            eye[1:6, 1:6] = 1
            eye[2:5, 2:5] = 0
            cells[row : row + 7, column : column + 7] = eye
    else:
        n, side = 60, rng.randint(2, 4)
        cells = numbers.integers(0, 2, (1, n)).repeat(rng.randint(20, 40), 0)
    pixels = np.kron(cells, np.ones((side, side))) * 255
    pixels = np.pad(pixels, 4 * side, constant_values=255)
    return Image.fromarray(pixels.astype(np.uint8)).convert("RGB")


def crowd(source: Source) -> Canvas:
    """Too many shapes to count, many upon each other."""
    rng = source.rng
    width, height = size_of(rng, 160)
    canvas = source.canvas(width, height, colours.any_ground(rng))
    for _ in range(rng.randint(14, 70)):
        x, y, r = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(4, 26)
        n, fill = rng.choice([3, 4, 5, 30]), any_colour(rng)
        turn = rng.uniform(0, math.tau)
        canvas.draw.polygon(
            [(x + r * math.cos(turn + math.tau * i / n), y + r * math.sin(turn + math.tau * i / n)) for i in range(n)],
            fill=fill,
        )
    return canvas


# Pages


def sentence(rng, least: int = 5, most: int = 14) -> str:
    words = [rng.choice(COMMON) for _ in range(rng.randint(least, most))]
    return " ".join(words).capitalize() + rng.choice([".", ".", ".", ",", "?"])


def column_of(canvas: Canvas, rng, box, font: str, size: int, ink, gap: float = 1.3):
    """Fills a box with lines of text."""
    left, top, right, bottom = box
    y, step = top, size * gap
    line = ""
    while y + step < bottom:
        while draw.width_of(line, font, size) < right - left:
            line += rng.choice(COMMON) + rng.choice([" ", " ", " ", " ", ", ", ". "])
        row = line
        while row and draw.width_of(row, font, size) > right - left:
            row = row[: row.rstrip().rfind(" ") + 1].rstrip() if " " in row.rstrip() else row[:-1]
        line = line[len(row) :].lstrip()
        if rng.random() < 0.12:  # the end of a paragraph
            row = row[: len(row) // 2]
            line = line.capitalize()
            canvas.text(left, y, row, font, size, ink)
            y += step * 1.5
            continue
        canvas.text(left, y, row, font, size, ink)
        y += step


def paper(source: Source, least: int = 300, most: int = 760) -> tuple[Canvas, tuple, str, int]:
    """A canvas to write on, its ink, font and size."""
    rng = source.rng
    dark = rng.random() < 0.12
    ground = (
        (rng.randint(16, 44),) * 3 if dark else (rng.randint(236, 255), rng.randint(236, 255), rng.randint(225, 255))
    )
    canvas = source.canvas(rng.randint(least, most), rng.randint(least, most), ground)
    return canvas, (215, 215, 215) if dark else (rng.randint(0, 60),) * 3, source.font(), rng.randint(9, 15)


def page(source: Source) -> Canvas:
    """A page of a letter, a book or a paper: one to three columns."""
    rng = source.rng
    canvas, ink, font, size = paper(source)
    pad, n = rng.randint(10, 50), rng.choices([1, 2, 3], [5, 3, 1])[0]
    top = pad
    if rng.random() < 0.6:
        canvas.text(pad, top, sentence(rng, 2, 5)[:-1], font, size + rng.randint(3, 14), ink)
        top += size * 3
    wide = (canvas.width - 2 * pad - 14 * (n - 1)) / n
    for i in range(n):
        left = pad + i * (wide + 14)
        column_of(canvas, rng, (left, top, left + wide, canvas.height - pad), font, size, ink, rng.uniform(1.2, 1.7))
    return canvas


def newspaper(source: Source) -> Canvas:
    rng = source.rng
    canvas, ink, font, size = paper(source, 400)
    size = min(size, 11)
    canvas.text(14, 8, f"The {rng.choice(COMMON).capitalize()} Times", font, 30, ink)
    canvas.draw.line((10, 48, canvas.width - 10, 48), fill=ink, width=2)
    n = rng.randint(3, 4)
    wide = (canvas.width - 20) / n
    for i in range(n):
        left, top = 10 + i * wide, 58.0
        canvas.text(left, top, sentence(rng, 2, 3)[:14], font, 15, ink)
        top += 24
        if rng.random() < 0.5:
            canvas.draw.rectangle((left, top, left + wide - 8, top + 70), fill=(rng.randint(90, 200),) * 3)
            top += 76
        column_of(canvas, rng, (left, top, left + wide - 8, canvas.height - 10), font, size, ink)
    return canvas


def table(source: Source) -> Canvas:
    """A table, or a sheet of numbers with the heads of its columns."""
    rng = source.rng
    canvas, ink, font, size = paper(source)
    line, columns = size + rng.randint(4, 10), rng.randint(4, 9)
    wide = (canvas.width - 20) / columns
    ruled, striped = rng.random() < 0.6, rng.random() < 0.3
    for row, y in enumerate(range(10, canvas.height - line, line)):
        if striped and row % 2:
            canvas.draw.rectangle(
                (10, y, canvas.width - 10, y + line), fill=colours.mixed(canvas.background, ink, 0.08)
            )
        for i in range(columns):
            text = rng.choice(FIELDS + COMMON) if row == 0 or i == 0 else source.number()
            if rng.random() < 0.9:
                canvas.text(12 + i * wide, y + 2, text[: max(2, int(wide / size * 1.6))], font, size, ink)
            if ruled:
                canvas.draw.rectangle(
                    (10 + i * wide, y, 10 + (i + 1) * wide, y + line),
                    outline=colours.mixed(canvas.background, ink, 0.3),
                )
    return canvas


def listing(source: Source) -> Canvas:
    """A program in an editor."""
    rng = source.rng
    dark = rng.random() < 0.7
    canvas = source.canvas(rng.randint(340, 800), rng.randint(300, 560), (30, 30, 36) if dark else (252, 252, 252))
    font, size = source.font(draw.MONO), rng.randint(10, 14)
    inks = [tuple(rng.randint(140, 255) if dark else rng.randint(0, 140) for _ in range(3)) for _ in range(4)]
    side = rng.choice([0, 0, 110])
    if side:
        canvas.draw.rectangle((0, 0, side, canvas.height), fill=(44, 44, 50) if dark else (235, 235, 235))
        for y in range(8, canvas.height - 20, 18):
            canvas.text(8, y, f"{rng.choice(COMMON)}.py"[:14], font, size - 1, inks[0])
    indent = 0
    for number, y in enumerate(range(6, canvas.height - size - 4, size + rng.randint(3, 5))):
        indent = max(0, min(5, indent + rng.choice([-1, 0, 0, 0, 1])))
        canvas.text(side + 6, y, f"{number + 1:3}", font, size, (128, 128, 128))
        if rng.random() < 0.88:
            canvas.text(
                side + 40 + indent * size * 1.6,
                y,
                source.code() + rng.choice(["", f"  # {rng.choice(COMMON)}"]),
                font,
                size,
                rng.choice(inks),
            )
    return canvas


# Busy screens


def strip_of(canvas, rng, source, box, fill, ink, n: int, font, size):
    """A bar with words in a row, as menus and tabs are."""
    left, top, right, bottom = box
    canvas.draw.rectangle(box, fill=fill)
    x = left + 8
    for _ in range(n):
        word = rng.choice(COMMON).capitalize()
        if x + draw.width_of(word, font, size) > right - 4:
            break
        if rng.random() < 0.2:
            icon_on(canvas.draw, rng.choice(ICONS), x, top + 4, size * 0.8, ink)
            x += size + 4
        canvas.text(x, top + (bottom - top - size * 1.3) / 2, word, font, size, ink)
        x += draw.width_of(word, font, size) + rng.randint(8, 18)


def panel_of(canvas, rng, source, box, font, size, dark: bool):
    """A part of a screen: text, a list, a picture, a chart, or buttons and fields."""
    left, top, right, bottom = (int(side) for side in box)
    if right - left < 30 or bottom - top < 24:
        return
    pen = canvas.draw
    ground = (rng.randint(28, 60),) * 3 if dark else (rng.randint(232, 255),) * 3
    ink = (220, 220, 220) if dark else (40, 40, 40)
    pen.rectangle(box, fill=ground, outline=colours.mixed(ground, ink, 0.25) if rng.random() < 0.6 else None)
    kinds = ["text", "list", "list", "picture", "chart", "form", "grid"]
    kind = rng.choice(kinds if right - left > 100 else kinds[:5])
    if rng.random() < 0.5:
        canvas.text(
            left + 6,
            top + 3,
            f"{rng.choice(COMMON)} {rng.choice(COMMON)}".capitalize()[: max(4, (right - left) // size)],
            font,
            size + 2,
            ink,
        )
        top += size + 8
    if kind == "text":
        column_of(canvas, rng, (left + 6, top + 4, right - 6, bottom - 2), font, size, ink)
    elif kind == "list":
        for y in range(top + 4, bottom - size - 4, size + rng.randint(6, 16)):
            pen.ellipse((left + 6, y, left + 6 + size, y + size), fill=any_colour(rng))
            canvas.text(
                left + size + 12,
                y - 1,
                sentence(rng, 1, 4)[: max(3, int((right - left - 30) / size * 1.7))],
                font,
                size,
                ink,
            )
    elif kind == "picture":
        w, h = right - left - 8, bottom - top - 8
        if w > 16 and h > 16:
            image = photograph(rng.choice(photographs(source.held_style))).resize((w, h))
            canvas.image.paste(image, (left + 4, top + 4))
    elif kind == "chart":
        n = rng.randint(6, 14)
        wide = (right - left - 12) / n
        points = []
        for i in range(n):
            y = bottom - 6 - rng.random() * max(4, bottom - top - 20)
            points.append((left + 6 + (i + 0.5) * wide, y))
        if rng.random() < 0.5:
            pen.line(points, fill=any_colour(rng), width=2)
        else:
            fill = any_colour(rng)
            for x, y in points:
                pen.rectangle((x - wide * 0.35, y, x + wide * 0.35, bottom - 6), fill=fill)
    elif kind == "form":
        for y in range(top + 4, bottom - size - 14, size + 18):
            canvas.text(left + 6, y + 3, rng.choice(FIELDS), font, size, ink)
            if rng.random() < 0.7:
                pen.rectangle((left + 70, y, right - 8, y + size + 8), outline=colours.mixed(ground, ink, 0.4))
            else:
                pen.rounded_rectangle(
                    (left + 70, y, left + 70 + size * 6, y + size + 8), radius=4, fill=any_colour(rng)
                )
    else:
        step = rng.randint(34, 70)
        for y in range(top + 6, bottom - step + 8, step):
            for x in range(left + 6, right - step + 8, step):
                icon_on(pen, rng.choice(ICONS), x + 8, y, step * 0.4, any_colour(rng))
                canvas.text(
                    x, y + step * 0.5, rng.choice(ITEMS + COMMON)[: max(3, step // 7)], font, max(8, size - 2), ink
                )


def screen(source: Source) -> Canvas:
    """A whole window, tablet or web page: bars around panels."""
    rng = source.rng
    width, height = rng.choice([(800, 500), (960, 540), (640, 480), (1024, 640), (420, 740), (560, 400), (1200, 700)])
    dark = rng.random() < 0.3
    canvas = source.canvas(width, height, (24, 24, 28) if dark else colours.any_ground(rng))
    font, size = source.font(draw.SANS), rng.randint(10, 15)
    bar_ink = (230, 230, 230)
    top = 0
    for _ in range(rng.randint(1, 3)):
        high = rng.randint(20, 36)
        fill = (
            tuple(rng.randint(30, 120) for _ in range(3))
            if dark or rng.random() < 0.4
            else (rng.randint(215, 240),) * 3
        )
        strip_of(
            canvas,
            rng,
            source,
            (0, top, width, top + high),
            fill,
            bar_ink if sum(fill) < 380 else (50, 50, 50),
            rng.randint(3, 10),
            font,
            size,
        )
        top += high
    left = 0
    if rng.random() < 0.6 and width > 500:
        left = rng.randint(90, 200)
        panel_of(canvas, rng, source, (0, top, left, height), font, size, dark)
    rows, columns = rng.randint(1, 3), rng.randint(1, 3) if width > 500 else 1
    if rows * columns < 3:
        rows = 3
    gap = rng.choice([0, 2, 6, 10])
    high, wide = (height - top) / rows, (width - left) / columns
    for row in range(rows):
        for column in range(columns):
            x, y = left + column * wide + gap, top + row * high + gap
            panel_of(canvas, rng, source, (x, y, x + wide - 2 * gap, y + high - 2 * gap), font, size, dark)
    return canvas


def desktop(source: Source) -> Canvas:
    """Windows upon windows on a wallpaper, a bar with icons."""
    rng = source.rng
    width, height = rng.choice([(960, 600), (1024, 768), (800, 600), (1280, 720)])
    canvas = source.canvas(width, height, any_colour(rng))
    if rng.random() < 0.6:
        canvas.image.paste(photograph(rng.choice(photographs(source.held_style))).resize((width, height)))
    font, size = source.font(draw.SANS), rng.randint(11, 15)
    for i in range(rng.randint(3, 9)):
        icon_on(canvas.draw, rng.choice(ICONS), 20, 20 + 70 * i, 34, any_colour(rng))
        canvas.text(12, 58 + 70 * i, rng.choice(COMMON), font, size, (255, 255, 255))
    for _ in range(rng.randint(1, 3)):
        x, y = rng.uniform(60, width * 0.5), rng.uniform(10, height * 0.4)
        right, bottom = x + rng.uniform(260, 520), y + rng.uniform(180, 380)
        canvas.draw.rectangle((x, y, right, y + 26), fill=any_colour(rng))
        canvas.text(x + 8, y + 4, sentence(rng, 1, 3), font, size, (255, 255, 255))
        middle = x + (right - x) * rng.uniform(0.25, 0.6)
        dark = rng.random() < 0.3
        panel_of(canvas, rng, source, (x, y + 26, middle, bottom), font, size, dark)
        panel_of(canvas, rng, source, (middle, y + 26, right, bottom), font, size, dark)
    high = rng.randint(28, 44)
    canvas.draw.rectangle((0, height - high, width, height), fill=(rng.randint(10, 60),) * 3)
    for i in range(rng.randint(4, 12)):
        icon_on(canvas.draw, rng.choice(ICONS), 14 + 46 * i, height - high + 8, high - 16, any_colour(rng))
    return canvas


def home_screen(source: Source) -> Canvas:
    """A phone's: icons with names in rows."""
    rng = source.rng
    canvas = source.canvas(rng.randint(300, 420), rng.randint(500, 700), any_colour(rng))
    if rng.random() < 0.5:
        canvas.image.paste(photograph(rng.choice(photographs(source.held_style))).resize(canvas.image.size))
    font, columns = source.font(draw.SANS), rng.randint(3, 5)
    step = canvas.width / columns
    for y in range(40, canvas.height - 70, round(step * 1.15)):
        for i in range(columns):
            x = i * step + step * 0.2
            canvas.draw.rounded_rectangle((x, y, x + step * 0.6, y + step * 0.6), radius=12, fill=any_colour(rng))
            icon_on(canvas.draw, rng.choice(ICONS), x + step * 0.17, y + step * 0.17, step * 0.26, (255, 255, 255))
            canvas.text(x, y + step * 0.65, rng.choice(COMMON).capitalize()[:8], font, 11, (255, 255, 255))
    return canvas


def talk(source: Source) -> Canvas:
    """A chat: bubbles on both sides."""
    rng = source.rng
    width, height = rng.randint(300, 480), rng.randint(420, 700)
    dark = rng.random() < 0.4
    canvas = source.canvas(width, height, (24, 26, 30) if dark else (238, 240, 244))
    font, size, y = source.font(draw.SANS), rng.randint(12, 15), 50
    strip_of(canvas, rng, source, (0, 0, width, 40), any_colour(rng), (255, 255, 255), 3, font, size)
    mine = any_colour(rng)
    while y < height - 90:
        text = sentence(rng, 2, 12)
        rows = wrapped(text, font, size, width * 0.6)
        wide, high = max(draw.width_of(row, font, size) for row in rows) + 20, len(rows) * (size + 5) + 12
        own = rng.random() < 0.5
        x = width - wide - 10 if own else 10
        fill = mine if own else (60, 62, 68) if dark else (255, 255, 255)
        canvas.draw.rounded_rectangle((x, y, x + wide, y + high), radius=12, fill=fill)
        ink = (255, 255, 255) if sum(fill) < 400 else (20, 20, 20)
        for i, row in enumerate(rows):
            canvas.text(x + 10, y + 6 + i * (size + 5), row, font, size, ink)
        y += high + rng.randint(6, 16)
    canvas.draw.rounded_rectangle((8, height - 36, width - 50, height - 8), radius=14, outline=(128, 128, 128))
    return canvas


def calendar(source: Source) -> Canvas:
    rng = source.rng
    canvas, ink, font, size = paper(source, 380)
    canvas.text(12, 8, rng.choice(["March", "June", "October"]) + f" {rng.randint(1990, 2040)}", font, 20, ink)
    wide, high = (canvas.width - 16) / 7, (canvas.height - 50) / 6
    for i in range(42):
        x, y = 8 + i % 7 * wide, 42 + i // 7 * high
        canvas.draw.rectangle((x, y, x + wide, y + high), outline=colours.mixed(canvas.background, ink, 0.3))
        canvas.text(x + 3, y + 2, str(i % 31 + 1), font, size, ink)
        if rng.random() < 0.3:
            canvas.draw.rectangle((x + 2, y + high * 0.5, x + wide - 2, y + high * 0.8), fill=any_colour(rng))
            canvas.text(x + 4, y + high * 0.5, rng.choice(COMMON)[:6], font, size, (255, 255, 255))
    return canvas


def diagram(source: Source) -> Canvas:
    """Many boxes with arrows between them, or curves over axes."""
    rng = source.rng
    canvas, ink, font, size = paper(source, 280, 620)
    pen, spots = canvas.draw, []
    if rng.random() < 0.5:
        step_x, step_y = rng.randint(90, 140), rng.randint(50, 90)
        for y in range(20, canvas.height - 40, step_y):
            for x in range(12, canvas.width - 80, step_x):
                if rng.random() < 0.75:
                    spots.append((x, y))
        for one, other in zip(spots, spots[1:]):
            pen.line((one[0] + 35, one[1] + 14, other[0] + 35, other[1] + 14), fill=ink)
        for x, y in spots:
            pen.rounded_rectangle(
                (x, y, x + 76, y + 30),
                radius=rng.choice([0, 8, 15]),
                fill=colours.mixed(any_colour(rng), (255, 255, 255), 0.6),
                outline=ink,
            )
            canvas.text(x + 6, y + 8, rng.choice(COMMON)[:9], font, size, (20, 20, 20))
    else:
        left, bottom = 44, canvas.height - 40
        pen.line((left, 10, left, bottom, canvas.width - 10, bottom), fill=ink)
        for i in range(8):
            canvas.text(6, bottom - i * (bottom - 20) / 8, str(i * 10), font, size, ink)
            canvas.text(left + i * (canvas.width - 60) / 8, bottom + 6, str(1990 + 5 * i), font, size, ink)
        for _ in range(rng.randint(2, 5)):
            line = waves(rng, canvas.width - 60, 1)[0]
            pen.line(
                [(left + x, 15 + (bottom - 30) * (1 - value)) for x, value in enumerate(line)],
                fill=any_colour(rng),
                width=rng.randint(1, 3),
            )
    return canvas


def maze(source: Source) -> Image.Image:
    rng = source.rng
    width, height = size_of(rng, 160)
    side = rng.randint(8, 22)
    image = Image.new("RGB", (width, height), colours.any_ground(rng))
    pen, ink = ImageDraw.Draw(image), any_colour(rng)
    for x in range(0, width, side):
        for y in range(0, height, side):
            pen.line((x, y, x + side, y) if rng.random() < 0.5 else (x, y, x, y + side), fill=ink, width=2)
    return image


TRAINED = {
    photo: 7,
    landscape: 2,
    clouds: 2,
    bokeh: 1.5,
    noise: 2,
    texture: 1.5,
    scribble: 1.5,
    cartoon: 1.5,
    street_map: 1.5,
    code_square: 1,
    crowd: 1,
    page: 5,
    table: 3,
    listing: 2,
    screen: 6,
    desktop: 3,
    talk: 1.5,
    diagram: 2,
}
HELD = {photo: 6, newspaper: 2, home_screen: 2, calendar: 2, maze: 1, screen: 3, desktop: 2, page: 2}


def picture(source: Source) -> Sample:
    """A picture from outside this model's world, and questions of any kind about it."""
    rng = source.rng
    makers = HELD if source.held_style else TRAINED
    made = rng.choices(list(makers), list(makers.values()))[0](source)
    if isinstance(made, Canvas):
        canvas = made
    else:
        canvas = source.canvas(*made.size, (0, 0, 0))
        canvas.image = made
    canvas.is_known = False
    canvas.glyphs, canvas.regions = [], []
    chats = [[Turn("refuse picture", any_question(source), REFUSAL)] for _ in range(rng.randint(2, 4))]
    # How large it is must not give it away.
    most = 512 if rng.random() < 0.35 else rng.choice([256, 320, 384])
    if rng.random() < 0.5:  # as a picture without text is looked at
        most = rng.choice([112, 128, 128, 144])
    return source.finish(canvas, chats, 0.7, most)


def any_question(source: Source) -> str:
    """A question that some other picture would answer, or none."""
    rng, held = source.rng, source.held_style
    kind = rng.random()
    if kind < 0.15:
        return rng.choice(DESCRIBE)
    if kind < 0.35:
        return phrasing(rng, phrasings.READ, held)
    if kind < 0.5:
        things = rng.choice(
            [plural(rng.choice(ALL_SHAPES)), "shapes", "things", "buttons", f"{rng.choice(list(COLOURS))} shapes"]
        )
        return phrasing(rng, phrasings.COUNT, held, things)
    if kind < 0.62:
        return phrasing(rng, phrasings.COLOUR, held, rng.choice(ALL_SHAPES))
    if kind < 0.7:
        return phrasing(rng, phrasings.BUTTON, held)
    if kind < 0.78:
        shape, colour = rng.choice(ALL_SHAPES), rng.choice(list(COLOURS))
        return rng.choice(
            [
                phrasing(rng, phrasings.PLACE, held, shape),
                phrasing(rng, phrasings.SHAPE, held, colour),
                f"Is there a {colour} {shape}?",
                phrasing(rng, phrasings.TITLE, held),
            ]
        )
    if kind < 0.85:
        return rng.choice(
            [
                "What is the total?",
                f"How much is the {rng.choice(ITEMS).lower()}?",
                "Which bar is tallest?",
                f"What is the {rng.choice(FIELDS).lower()}?",
                "What is the message?",
                "What is the command?",
            ]
        )
    return phrasings.off_world(rng, held, rng.choice(COMMON))
