"""Drawing with a record of where each letter and shape went, which training uses as a second teacher."""

import io
import math
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

FONTS = Path("/usr/share/fonts")

SANS = """truetype/dejavu/DejaVuSans truetype/dejavu/DejaVuSans-Bold truetype/dejavu/DejaVuSansCondensed
truetype/liberation2/LiberationSans-Regular truetype/liberation2/LiberationSans-Bold
truetype/liberation2/LiberationSans-Italic truetype/open-sans/OpenSans-Regular truetype/open-sans/OpenSans-Semibold
truetype/roboto/unhinted/RobotoTTF/Roboto-Regular truetype/roboto/unhinted/RobotoTTF/Roboto-Medium
truetype/roboto/unhinted/RobotoTTF/Roboto-Bold truetype/freefont/FreeSans truetype/freefont/FreeSansBold
opentype/cantarell/Cantarell-Regular opentype/cantarell/Cantarell-Bold""".split()
SERIF = """truetype/dejavu/DejaVuSerif truetype/liberation2/LiberationSerif-Regular
truetype/liberation2/LiberationSerif-Bold truetype/freefont/FreeSerif truetype/crosextra/Caladea-Regular""".split()
MONO = """truetype/dejavu/DejaVuSansMono truetype/liberation2/LiberationMono-Regular truetype/hack/Hack-Regular
truetype/firacode/FiraCode-Regular truetype/freefont/FreeMonoBold""".split()
# Never trained on; the evaluation reports them apart.
HELD_FONTS = ["truetype/lato/Lato-Regular", "opentype/inter/Inter-Regular"]


def font_path(name: str) -> Path:
    """The file of a font, which Debian packages as TrueType or OpenType."""
    if name.endswith((".ttf", ".otf")):
        return FONTS / name
    return FONTS / (name + (".otf" if name.startswith("opentype") else ".ttf"))


@lru_cache(maxsize=2048)
def font_of(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(font_path(name)), size)


# How letters become pixels, and how much larger they are drawn first: as Pillow sets them, without grey edges, scaled
# down (which leaves no hint of the pixel grid), and with the edges of an LCD's stripes.
SCALES = {"plain": 1, "hard": 1, "double": 2, "smooth": 4, "lcd": 3}


class Glyph(NamedTuple):
    """A drawn letter: its centre, its place in its line, and what a question would call the text it is part of."""

    letter: str
    x: float
    y: float
    ordinal: int
    owner: str


@dataclass
class Canvas:
    """A picture in the making.

    `glyphs` holds the letters, `regions` the shapes with their numbers in `tasks.ALL_SHAPES` and `tasks.COLOURS`.
    """

    width: int
    height: int
    background: tuple[int, int, int]
    renderer: str = "plain"  # one of SCALES
    is_known: bool = True  # whether glyphs and regions hold all that is drawn, so that blanks can be taught
    glyphs: list[Glyph] = field(default_factory=list)
    regions: list[tuple[int, int, float, float, float]] = field(default_factory=list)

    def __post_init__(self):
        self.image = Image.new("RGB", (self.width, self.height), self.background)
        self.draw = ImageDraw.Draw(self.image)

    def text(self, x: float, y: float, text: str, font: str, size: int, fill, owner: str = "",
             spacing: float = 0.0) -> float:
        """Draws a line with its top left corner at (x, y); returns its width. `owner`: see `Glyph`."""
        scale = SCALES[self.renderer]
        face = font_of(font, size * scale)
        ends = [face.getlength(text[: i + 1]) / scale + spacing * (i + 1) for i in range(len(text))]
        if spacing:
            starts = [end - spacing - face.getlength(letter) / scale for end, letter in zip(ends, text)]
            pieces = [(x + start, letter) for start, letter in zip(starts, text) if letter != " "]
        else:
            pieces = [(x, text)]
        for left, piece in pieces:
            self._set(left, y, piece, face, scale, fill)
        ascent, descent = font_of(font, size).getmetrics()
        middle = y + ascent - 0.36 * size
        for i, letter in enumerate(text):
            if letter != " ":
                start = ends[i - 1] if i else 0.0
                self.glyphs.append(Glyph(letter, x + (start + ends[i] - spacing) / 2, middle, i, owner))
        return ends[-1] if ends else 0.0

    def _set(self, x: float, y: float, text: str, face, scale: int, fill):
        features = ["-liga", "-calt"] if _RAQM else None
        if scale == 1:
            self.draw.fontmode = "1" if self.renderer == "hard" else "L"
            self.draw.text((x, y), text, fill=fill, font=face, features=features)
            return
        margin = 2 + face.size // (2 * scale)
        left, top = math.floor(x) - margin, math.floor(y) - margin
        width = math.ceil(face.getlength(text) / scale) + 2 * margin + 1
        height = math.ceil(sum(face.getmetrics()) / scale) + 2 * margin + 1
        large = Image.new("L", (width * scale, height * scale))
        ImageDraw.Draw(large).text(((x - left) * scale, (y - top) * scale), text, fill=255, font=face, features=features)
        if self.renderer == "lcd":
            striped(self.image, np.asarray(large), left, top, fill)
        else:
            self.image.paste(fill, (left, top), large.reduce(scale))

    def rotated(self, degrees: float):
        """Turns the picture about its centre, letters and shapes with it."""
        self.image = self.image.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=self.background)
        self.draw = ImageDraw.Draw(self.image)
        cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        cx, cy = self.width / 2, self.height / 2

        def turn(x, y):
            return cx + (x - cx) * cos + (y - cy) * sin, cy - (x - cx) * sin + (y - cy) * cos

        turned = [turn(glyph.x, glyph.y) for glyph in self.glyphs]
        self.glyphs = [glyph._replace(x=x, y=y) for glyph, (x, y) in zip(self.glyphs, turned)]
        self.regions = [(kind, colour, *turn(x, y), radius) for kind, colour, x, y, radius in self.regions]

    def fitted(self, most: int = 512):
        """Makes the picture as large as the engine makes it: no side beyond `most`, and whole patches."""
        ratio = max(self.width / most, self.height / most, 1.0)
        width, height = (16 * math.ceil(max(round(side / ratio), 1) / 16) for side in (self.width, self.height))
        if (width, height) == (self.width, self.height):
            return
        across, down = width / self.width, height / self.height
        self.image = self.image.resize((width, height), Image.Resampling.BICUBIC)
        self.draw = ImageDraw.Draw(self.image)
        self.width, self.height = width, height
        self.glyphs = [glyph._replace(x=glyph.x * across, y=glyph.y * down) for glyph in self.glyphs]
        self.regions = [(kind, colour, x * across, y * down, radius * min(across, down))
                        for kind, colour, x, y, radius in self.regions]


def striped(image: Image.Image, coverage: np.ndarray, left: int, top: int, fill):
    """Lays ink on the picture where letters three times as large cover it, each colour by its own third of a pixel."""
    rows = coverage.reshape(-1, 3, coverage.shape[1]).mean(1) / 255
    padded = np.pad(rows, ((0, 0), (2, 2)))
    # FreeType's filter against colour fringes.
    thirds = sum(padded[:, i : i + rows.shape[1]] * share for i, share in enumerate((0.03, 0.3, 0.34, 0.3, 0.03)))
    share = thirds.reshape(len(rows), -1, 3)
    box = (left, top, left + share.shape[1], top + share.shape[0])
    under = np.asarray(image.crop(box), dtype=np.float32)
    mixed = under * (1 - share) + np.array(fill, dtype=np.float32) * share
    image.paste(Image.fromarray(mixed.clip(0, 255).astype(np.uint8)), (left, top))


try:
    from PIL import features

    _RAQM = features.check("raqm")
except ImportError:
    _RAQM = False


def line_height(font: str, size: int) -> int:
    ascent, descent = font_of(font, size).getmetrics()
    return ascent + descent


def width_of(text: str, font: str, size: int) -> float:
    return font_of(font, size).getlength(text)


def weathered(image: Image.Image, rng, strength: float) -> Image.Image:
    """Blur, noise, contrast and JPEG, each now and then, as pictures have them."""
    if rng.random() < 0.3 * strength:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.2, 0.7)))
    pixels = None
    if rng.random() < 0.3 * strength:
        pixels = np.asarray(image, dtype=np.float32)
        noise = np.random.default_rng(rng.getrandbits(32)).standard_normal(pixels.shape, dtype=np.float32)
        pixels = pixels + noise * rng.uniform(1, 7)
    if rng.random() < 0.3 * strength:
        pixels = np.asarray(image, dtype=np.float32) if pixels is None else pixels
        pixels = (pixels - 128) * rng.uniform(0.75, 1.1) + 128 + rng.uniform(-12, 12)
    if pixels is not None:
        image = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    if rng.random() < 0.25 * strength:
        file = io.BytesIO()
        image.save(file, "JPEG", quality=rng.randint(45, 95))
        image = Image.open(file).convert("RGB")
    return image
