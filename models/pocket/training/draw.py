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
    return FONTS / (name + (".otf" if name.startswith("opentype") else ".ttf"))


@lru_cache(maxsize=2048)
def font_of(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(font_path(name)), size)


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

    `glyphs` holds the letters, `regions` the shapes.
    """

    width: int
    height: int
    background: tuple[int, int, int]
    glyphs: list[Glyph] = field(default_factory=list)
    regions: list[tuple[int, int, float, float, float]] = field(default_factory=list)

    def __post_init__(self):
        self.image = Image.new("RGB", (self.width, self.height), self.background)
        self.draw = ImageDraw.Draw(self.image)

    def text(self, x: float, y: float, text: str, font: str, size: int, fill, owner: str = "") -> float:
        """Draws a line with its top left corner at (x, y); returns its width. `owner`: see `Glyph`."""
        face = font_of(font, size)
        self.draw.text((x, y), text, fill=fill, font=face, features=["-liga", "-calt"] if _RAQM else None)
        ascent, descent = face.getmetrics()
        middle = y + ascent - 0.36 * size
        start = 0.0
        for i, letter in enumerate(text):
            end = face.getlength(text[: i + 1])
            if letter != " ":
                self.glyphs.append(Glyph(letter, x + (start + end) / 2, middle, i, owner))
            start = end
        return face.getlength(text)

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
