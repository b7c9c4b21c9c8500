"""Single lines of text as signs, labels, notes and banners have them."""

import colours
import draw
import phrasings
from phrasings import phrasing
from shapes import GROUNDS, HELD_GROUNDS, grounded
from tasks import Sample, Source, Turn

STYLES = ["bare", "bare", "bare", "frame", "plate", "banner", "card", "tag"]
HELD_STYLES = ["double frame", "strips", "arrow"]
NOUNS = {"plate": "sign", "banner": "banner", "card": "note", "tag": "label", "frame": "sign"}


def sign(source: Source) -> Sample:
    rng = source.rng
    style = rng.choice(HELD_STYLES if source.held_style else STYLES)
    font = source.font()
    size = rng.randint(14, 26) if rng.random() < 0.6 else rng.randint(11, 60)
    spacing = rng.uniform(0.03, 0.25) * size if rng.random() < 0.15 else 0.0
    n_words = rng.choices([1, 2, 3, 4, 5], [3, 4, 3, 2, 1])[0]
    capitals = rng.random() < 0.15

    def wide(text):
        return draw.width_of(text, font, size) + spacing * len(text)

    while True:
        text = source.kept(lambda: source.phrase(n_words) if rng.random() < 0.7 else source.sentence(n_words))
        text = text.upper() if capitals else text
        if wide(text) <= 440:
            break
        n_words, size = max(1, n_words - 1), max(11, size - 4)
        spacing = min(spacing, size * 0.1)
    line = draw.line_height(font, size)
    ground = colours.any_ground(rng)
    board = ground if style == "bare" or rng.random() < 0.4 else colours.any_ground(rng)
    least = 250 if rng.random() < 0.25 else 380
    ink = colours.ink_on(rng, board, least)
    pad_x, pad_y = rng.randint(6, 40), rng.randint(4, 28)
    box_width, box_height = wide(text) + 2 * pad_x, line + 2 * pad_y
    width = round(box_width + rng.choice([0, 4, rng.randint(8, 60)]))
    height = round(box_height + rng.choice([0, 4, rng.randint(8, 60)]))
    if rng.random() < 0.2:  # somewhere in a picture that is mostly empty
        width, height = max(width, rng.randint(200, 400)), max(height, rng.randint(100, 280))
    canvas = source.canvas(width, height, ground)
    if style == "bare":
        box_width, box_height = min(box_width, width), min(box_height, height)
    if rng.random() < 0.25:
        grounded(source, canvas, rng.choice(HELD_GROUNDS if source.held_style else GROUNDS))
    left = (width - box_width) / 2 if rng.random() < 0.5 else rng.uniform(0, width - box_width)
    top = (height - box_height) / 2 if rng.random() < 0.5 else rng.uniform(0, height - box_height)
    board_on(rng, canvas, style, (left, top, left + box_width - 1, top + box_height - 1), board, ink)
    x, y = left + pad_x, top + pad_y
    if rng.random() < 0.1 and size >= 16:
        shadow = colours.mixed(board, (0, 0, 0), 0.4)
        offset = rng.randint(1, 2)
        marks = len(canvas.glyphs)
        canvas.text(x + offset, y + offset, text, font, size, shadow, spacing=spacing)
        del canvas.glyphs[marks:]  # the letters are drawn twice and read once
    canvas.text(x, y, text, font, size, ink, spacing=spacing)
    if rng.random() < 0.08:
        under = y + line + rng.randint(-1, 2)
        canvas.draw.line((x, under, x + wide(text), under), fill=ink, width=rng.randint(1, 3))
    asked = phrasings.READ
    names: list[str] = []
    if style in NOUNS and rng.random() < 0.5:
        asked, names = phrasings.SIGN, [NOUNS[style]]
    chats = [[Turn("line", phrasing(rng, asked, source.held_style, *names), text)]]
    if rng.random() < 0.3:
        chats.append([Turn("line", phrasing(rng, phrasings.READ, source.held_style), text)])
    if rng.random() < 0.15:
        chats.append(source.absent(rng.choice(["button", "total", "shape"])))
    return source.finish(canvas, chats, 0.7)


def board_on(rng, canvas, style: str, box, board, ink):
    """What the text stands on."""
    pen = canvas.draw
    left, top, right, bottom = box
    if style == "frame":
        pen.rounded_rectangle(box, radius=rng.choice([0, 0, 6, 12]), fill=board, outline=ink, width=rng.randint(1, 4))
    elif style == "plate":
        pen.rounded_rectangle(box, radius=rng.choice([0, 4, 10, 20]), fill=board)
        if rng.random() < 0.4:
            pen.rounded_rectangle((left + 3, top + 3, right - 3, bottom - 3), radius=4, outline=ink)
    elif style == "banner":
        pen.rectangle((0, top, canvas.width, bottom), fill=board)
    elif style == "card":
        pen.rectangle(
            (left + 3, top + 3, right + 3, bottom + 3), fill=colours.mixed(canvas.background, (0, 0, 0), 0.35)
        )
        pen.rectangle(box, fill=board)
    elif style == "tag":
        pen.rounded_rectangle(box, radius=(bottom - top) / 2, fill=board, outline=ink if rng.random() < 0.4 else None)
    elif style == "double frame":
        pen.rectangle(box, fill=board, outline=ink, width=2)
        pen.rectangle((left + 4, top + 4, right - 4, bottom - 4), outline=ink)
    elif style == "strips":
        pen.rectangle(box, fill=board)
        pen.rectangle((left, top, right, top + 3), fill=ink)
        pen.rectangle((left, bottom - 3, right, bottom), fill=ink)
    elif style == "arrow":
        middle = (top + bottom) / 2
        pen.polygon([(left, top), (right - 8, top), (right, middle), (right - 8, bottom), (left, bottom)], fill=board)
