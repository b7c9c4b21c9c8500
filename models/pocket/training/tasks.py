"""Pictures and what may be asked of them: scenes of shapes, pictures of text, charts, and mixtures."""

import math
import random
from dataclasses import dataclass

from PIL import Image

import draw
import fonts
from draw import Canvas
from words import (CLASSIC_BUTTONS, COMMON, FIELDS, ITEMS, NOUNS, SHOPS, VERBS, is_held)

COLOURS = {
    "red": (214, 40, 40), "orange": (245, 140, 20), "yellow": (245, 215, 40), "green": (40, 150, 60),
    "blue": (40, 80, 210), "purple": (125, 50, 165), "pink": (250, 140, 190), "brown": (120, 72, 36),
    "black": (15, 15, 15), "white": (250, 250, 250), "grey": (128, 128, 128),
}
SHAPES = ["circle", "square", "triangle", "star", "diamond", "cross", "ring", "heart"]
ALL_SHAPES = [*SHAPES, "rectangle", "oval", "pentagon", "hexagon"]  # the last are drawn by `shapes.py` only
NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
PLACES = [["at the top left", "at the top", "at the top right"], ["on the left", "in the centre", "on the right"],
          ["at the bottom left", "at the bottom", "at the bottom right"]]

RENDERERS = {"plain": 5, "hard": 1, "double": 1.5, "smooth": 3, "lcd": 1.5}

READ = ["What does it say?", "Read all text.", "Read the text.", "Read it aloud.", "What is written here?",
        "Read all the text in this picture.", "What does the picture say?"]
DESCRIBE = ["Describe this picture.", "Describe this.", "Describe", "What is in this picture?", "What do you see?",
            "Describe the image.", "Summarise", "Alt text"]


@dataclass
class Turn:
    """A question, its right answer, which ability it asks for, and the number of the shape that it is about."""

    task: str
    question: str
    answer: str
    shape: int | None = None


@dataclass
class Sample:
    """A picture with conversations about it, each of its own."""

    canvas: Canvas
    image: Image.Image
    chats: list[list[Turn]]


class Source:
    """Draws samples. `held`, `held_font` and `held_style` choose the texts, fonts and styles that training never sees;
    `ease` in 0..1 is the curriculum; `wide` draws with many more fonts, renderings of letters and sizes.
    """

    def __init__(self, rng: random.Random, held: bool = False, ease: float = 0.0, held_font: bool = False,
                 held_style: bool = False, wide: bool = False):
        self.rng, self.held, self.ease, self.held_font = rng, held, ease, held_font
        self.held_style, self.wide = held_style, wide
        self.renderer = rng.choices(list(RENDERERS), RENDERERS.values())[0] if wide else "plain"

    def canvas(self, width: int, height: int, background: tuple[int, int, int]) -> Canvas:
        return Canvas(width, height, background, self.renderer)

    # Texts

    def font(self, family: list[str] | None = None) -> str:
        if self.held_style:
            return self.rng.choice(fonts.HELD)
        if self.held_font:
            return self.rng.choice(draw.HELD_FONTS)
        if family is None:
            family = self.rng.choices([draw.SANS, draw.SERIF, draw.MONO], [6, 2, 2])[0]
        if self.wide:
            family = fonts.wider(self.rng, family)
        return self.rng.choice(family)

    def kept(self, make) -> str:
        """A text of the side that is asked for: training's or the evaluation's."""
        for _ in range(2000):
            text = make()
            if is_held(text) == self.held:
                return text
        raise RuntimeError(f"no text of the wanted side: {text!r}")

    def word(self) -> str:
        rng = self.rng
        kind = rng.random()
        if kind < 0.62:
            word = rng.choice(COMMON)
        elif kind < 0.8:  # letters without sense, so that reading is reading
            word = "".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randint(2, 8)))
        elif kind < 0.92:
            word = self.number()
        else:
            word = "".join(rng.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") for _ in range(rng.randint(2, 7)))
        style = rng.random()
        return word.capitalize() if style < 0.3 else word.upper() if style < 0.4 else word

    def number(self) -> str:
        rng = self.rng
        return rng.choice([
            lambda: str(rng.randint(0, 9999)), lambda: f"{rng.randint(0, 99)}.{rng.randint(0, 99):02}",
            lambda: f"{rng.randint(1, 23)}:{rng.randint(0, 59):02}", lambda: f"{rng.randint(1, 99)}%",
            lambda: f"{rng.randint(1, 28)}/{rng.randint(1, 12)}/{rng.randint(1990, 2039)}",
            lambda: f"${rng.randint(1, 999)}", lambda: f"+{rng.randint(10, 99)} {rng.randint(100, 9999)}",
        ])()

    def phrase(self, n_words: int) -> str:
        words = [self.word() for _ in range(n_words)]
        if self.rng.random() < 0.5:
            words = [words[0].capitalize(), *words[1:]]
        text = " ".join(words)
        ending = self.rng.random()
        return text + (self.rng.choice([".", "!", "?", ":", "..."]) if ending < 0.25 else "")

    def sentence(self, n_words: int) -> str:
        words = [self.rng.choice(COMMON) for _ in range(n_words)]
        if n_words > 3 and self.rng.random() < 0.2:
            words[self.rng.randrange(n_words - 1)] += ","
        return " ".join(words).capitalize() + self.rng.choice([".", ".", ".", "?", "!"])

    # Colours and sizes

    def ink(self) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
        """Ground and ink of enough contrast, light or dark."""
        rng = self.rng
        while True:
            light = tuple(rng.randint(200, 255) for _ in range(3))
            dark = tuple(rng.randint(0, 110) for _ in range(3))
            if rng.random() < 0.5:
                light = (rng.randint(225, 255),) * 3
            if rng.random() < 0.5:
                dark = (rng.randint(0, 60),) * 3
            if sum(light) - sum(dark) > 330:
                return (light, dark) if rng.random() < 0.65 else (dark, light)

    @staticmethod
    def whole_patches(width: float, height: float, most: int = 512) -> tuple[int, int]:
        return tuple(min(max(16 * math.ceil(side / 16), 32), most) for side in (width, height))

    def finish(self, canvas: Canvas, chats: list[list[Turn]], strength: float = 1.0, most: int = 512) -> Sample:
        if canvas.glyphs and self.rng.random() < 0.2 * strength:
            canvas.rotated(self.rng.uniform(-2, 2))
        canvas.fitted(most)
        return Sample(canvas, draw.weathered(canvas.image, self.rng, strength), chats)

    # One line and several

    def lines(self) -> Sample:
        """A sign or a note: one line at first, later up to six."""
        rng = self.rng
        hardest = 1 - self.ease
        n_lines = 1 if rng.random() < 0.55 + 0.45 * self.ease else rng.randint(2, 2 + round(3 * hardest))
        most_words = 1 + round((4 if n_lines == 1 else 3) * hardest)
        font, size = self.font(), rng.randint(14, 24) if rng.random() < 0.7 else rng.randint(12, 40)
        ground, ink = self.ink()
        texts = []
        for _ in range(n_lines):
            n_words = rng.randint(1, most_words)
            while True:
                text = self.kept(lambda: self.phrase(n_words))
                if draw.width_of(text, font, size) <= 480:
                    break
                n_words, size = max(1, n_words - 1), max(12, size - 4)
            texts.append(text)
        return self.text_picture(texts, font, size, ground, ink)

    def text_picture(self, texts, font, size, ground, ink) -> Sample:
        rng = self.rng
        margin_x, margin_y = rng.randint(2, 40), rng.randint(2, 24)
        step = draw.line_height(font, size) + rng.randint(0, size // 2)
        width = max(draw.width_of(text, font, size) for text in texts) + margin_x + rng.randint(3, 40)
        canvas = self.canvas(*self.whole_patches(width, margin_y + step * len(texts) + rng.randint(2, 16)), ground)
        if rng.random() < 0.15:
            canvas.draw.rectangle((1, 1, canvas.width - 2, canvas.height - 2), outline=ink, width=rng.randint(1, 2))
        centred = len(texts) > 1 and rng.random() < 0.3
        for i, text in enumerate(texts):
            x = (canvas.width - draw.width_of(text, font, size)) / 2 if centred else margin_x
            canvas.text(max(x, 1), margin_y + i * step, text, font, size, ink)
        task = "line" if len(texts) == 1 and size >= 16 else "read"
        chats = [[Turn(task, rng.choice(READ), "\n".join(texts))]]
        if len(texts) > 1:
            ordinal = ["first", "second", "third", "fourth", "fifth", "sixth"]
            for i in rng.sample(range(len(texts)), k=min(2, len(texts))):
                name = "last" if i == len(texts) - 1 and rng.random() < 0.4 else ordinal[i]
                chats.append([Turn("nth line", f"What does the {name} line say?", texts[i])])
        if rng.random() < 0.25:
            chats.append([Turn("describe", rng.choice(DESCRIBE), f'A text that says: "{" ".join(texts)}"')])
        if rng.random() < 0.2:
            chats.append(self.absent(rng.choice(["button", "total", "shape"])))
        return self.finish(canvas, chats)

    def absent(self, what: str) -> list[Turn]:
        rng = self.rng
        if what == "shape":
            what = rng.choice(SHAPES)
            question = rng.choice([f"What colour is the {what}?", f"Where is the {what}?"])
        elif what == "text":
            question = rng.choice(READ)
            return [Turn("absent", question, "I cannot see any text.")]
        else:
            question = {"button": "What does the button say?", "total": "What is the total?",
                        "title": "What is the title?"}[what]
        return [Turn("absent", question, f"I cannot see a {what}.")]

    # Dialogs

    def button_label(self) -> str:
        rng = self.rng

        def make():
            kind = rng.random()
            if kind < 0.35:
                return rng.choice(CLASSIC_BUTTONS)
            if kind < 0.85:
                return f"{rng.choice(VERBS)} {rng.choice(NOUNS)}"
            return self.phrase(1)

        return self.kept(make)

    def dialog(self) -> Sample:
        rng = self.rng
        hardest = 1 - self.ease
        font, size = self.font(draw.SANS if rng.random() < 0.85 else None), rng.randint(13, 18)
        dark = rng.random() < 0.3
        panel = (rng.randint(36, 60),) * 3 if dark else (rng.randint(232, 255),) * 3
        ink = (rng.randint(215, 255),) * 3 if dark else (rng.randint(0, 50),) * 3
        title = self.kept(lambda: self.title_text())
        n_words = rng.randint(2, 3 + round(7 * hardest))
        message = self.kept(lambda: self.sentence(n_words) if rng.random() < 0.8 else self.phrase(n_words))
        labels = []
        for _ in range(rng.choices([1, 2, 3], [5, 4, 1])[0]):
            label = self.button_label()
            if label not in labels:
                labels.append(label)

        pad, line = rng.randint(8, 14), draw.line_height(font, size) + 3
        widths = [draw.width_of(label, font, size) + rng.randint(14, 24) for label in labels]
        width = max(draw.width_of(title, font, size + 1) + 2 * pad + 24, sum(widths) + pad * (len(widths) + 1),
                    rng.randint(144, 144 + round(144 * hardest)))
        rows = wrapped(message, font, size, width - 2 * pad)
        outside = rng.random() < 0.3
        frame = rng.randint(8, 20) if outside else 0
        bar = line + 6
        height = bar + pad + len(rows) * line + pad + line + 8 + pad
        full_width, full_height = self.whole_patches(width + 2 * frame, height + 2 * frame)
        around = tuple(rng.randint(60, 200) for _ in range(3)) if outside else panel
        canvas = self.canvas(full_width, full_height, around)
        left, top = frame, frame
        right, bottom = full_width - frame - 1, full_height - frame - 1
        canvas.draw.rounded_rectangle((left, top, right, bottom), radius=rng.choice([0, 4, 8]) if outside else 0,
                                      fill=panel, outline=ink if rng.random() < 0.4 else None)
        bar_style = rng.random()
        title_ink = ink
        if bar_style < 0.5:
            fill = (tuple(rng.randint(20, 120) for _ in range(3)) if rng.random() < 0.5 else
                    tuple(max(0, channel - rng.randint(12, 30)) for channel in panel))
            canvas.draw.rectangle((left + 1, top + 1, right - 1, top + bar), fill=fill)
            title_ink = (255, 255, 255) if sum(fill) < 390 else (20, 20, 20)
        elif bar_style < 0.75:
            canvas.draw.line((left + 1, top + bar, right - 1, top + bar), fill=(128, 128, 128))
        title_x = left + pad
        if rng.random() < 0.25:
            title_x = left + (right - left - draw.width_of(title, font, size + 1)) / 2
        canvas.text(title_x, top + 4, title, font, size + 1, title_ink, "title")
        if rng.random() < 0.5:
            x, y = right - pad - 8, top + bar // 2 - 4
            canvas.draw.line((x, y, x + 8, y + 8), fill=title_ink, width=1)
            canvas.draw.line((x + 8, y, x, y + 8), fill=title_ink, width=1)
        y = top + bar + pad
        for row in rows:
            canvas.text(left + pad, y, row, font, size, ink, "message")
            y += line
        self.buttons(canvas, labels, widths, (left + pad, right - pad, bottom - pad - line - 7, line + 6), font, size,
                     panel, ink)

        quoted = " and ".join(f'"{label}"' for label in labels)
        say = "button says" if len(labels) == 1 else "buttons say"
        chats = [
            [Turn("title", rng.choice(["What is the title?", "What is the title of this dialog?", "What does the title say?"]), title)],
            [Turn("message", rng.choice(["What is the message?", "What does the message say?"]), message)],
            [Turn("describe", rng.choice(DESCRIBE), f'A dialog titled "{title}". It says: "{message}" The {say} {quoted}.')],
        ]
        if len(labels) == 1:
            asked = rng.choice(["What does the button say?", "What is the button's label?", "Which button is there?"])
            chats.append([Turn("button", asked, labels[0])])
        else:
            chats.append([Turn("buttons", rng.choice(["What do the buttons say?", "Which buttons are there?"]), ", ".join(labels))])
            which, label = rng.choice([("left", labels[0]), ("right", labels[-1])])
            chats.append([Turn("button", f"What does the {which} button say?", label)])
        if rng.random() < 0.4:
            chats.append([Turn("count", "How many buttons are there?", NUMBERS[len(labels)].capitalize() + ".")])
        if rng.random() < 0.3:
            chats.append([Turn("read", rng.choice(READ), "\n".join([title, *rows, *labels]))])
        if rng.random() < 0.25:
            there = rng.random() < 0.5
            label = rng.choice(labels) if there else self.button_label()
            yes = label in labels
            chats.append([Turn("yes or no", f'Is there a button that says "{label}"?', "Yes." if yes else "No.")])
        if rng.random() < 0.2:
            chats.append(self.absent(rng.choice(["total", "shape"])))
        if rng.random() < 0.3:
            chats.append(follow(rng, chats[0], chats[1]))
        return self.finish(canvas, chats)

    def title_text(self) -> str:
        rng = self.rng
        kind = rng.random()
        if kind < 0.4:
            return f"{rng.choice(VERBS)} {rng.choice(NOUNS)}" + ("?" if rng.random() < 0.3 else "")
        return " ".join(rng.choice(COMMON) for _ in range(rng.randint(1, 3))).capitalize()

    def buttons(self, canvas, labels, widths, place, font, size, panel, ink):
        rng = self.rng
        left, right, y, height = place
        gap = 8
        total = sum(widths) + gap * (len(widths) - 1)
        align = rng.random()
        x = right - total if align < 0.6 else left if align < 0.75 else (left + right - total) / 2
        style, radius = rng.random(), rng.choice([0, 3, 6, 10])
        owners = ["button"] if len(labels) == 1 else ["left", *[""] * (len(labels) - 2), "right"]
        for i, (label, width) in enumerate(zip(labels, widths)):
            primary = i == len(labels) - 1
            box = (x, y, x + width, y + height)
            label_ink = ink
            if style < 0.4 and primary:
                fill = tuple(rng.randint(10, 120) for _ in range(3))
                canvas.draw.rounded_rectangle(box, radius=radius, fill=fill)
                label_ink = (255, 255, 255)
            elif style < 0.8:
                fill = tuple(max(0, min(255, channel + (-18 if sum(panel) > 380 else 24))) for channel in panel)
                canvas.draw.rounded_rectangle(box, radius=radius, fill=fill, outline=(128, 128, 128))
            else:
                canvas.draw.rounded_rectangle(box, radius=radius, outline=ink)
            inset = (width - draw.width_of(label, font, size)) / 2
            canvas.text(x + inset, y + 2, label, font, size, label_ink, owners[i])
            x += width + gap

    # Receipts and forms

    def receipt(self) -> Sample:
        rng = self.rng
        hardest = 1 - self.ease
        font = self.font(draw.MONO if rng.random() < 0.5 else draw.SANS)
        size = rng.randint(13, 17)
        shop = self.kept(lambda: f"{rng.choice(COMMON).capitalize()} {rng.choice(SHOPS)}")
        names = rng.sample(ITEMS, rng.randint(1 if self.ease > 0.5 else 2, 2 + round(3 * hardest)))
        prices = [rng.randint(50, 1999) if rng.random() < 0.8 else rng.randint(2000, 9999) for _ in names]

        def money(cents):
            return f"{cents // 100}.{cents % 100:02}"

        while is_held(money(sum(prices))) != self.held:
            prices[0] += rng.randint(1, 7)
        sign = rng.choice(["", "", "$"])
        label = rng.choice(["Total", "TOTAL", "Total:", "Total"])
        line = draw.line_height(font, size) + rng.randint(1, 4)
        width, _ = self.whole_patches(rng.randint(152, 208), 16)
        extra = rng.random() < 0.35
        thanks = rng.choice(["Thank you!", "Come again", "Have a nice day"]) if rng.random() < 0.3 else None
        n_rows = len(names) + 2 + extra + (thanks is not None)
        width, height = self.whole_patches(width, n_rows * line + 26)
        canvas = self.canvas(width, height, (rng.randint(235, 255),) * 3)
        ink = (rng.randint(0, 50),) * 3
        pad, y = rng.randint(6, 12), rng.randint(3, 8)
        x = (width - draw.width_of(shop, font, size)) / 2 if rng.random() < 0.6 else pad
        canvas.text(max(x, 1), y, shop, font, size, ink, "shop")
        y += line + 3
        rows = [(name, money(price)) for name, price in zip(names, prices)]
        if extra:
            rows.append(("Tax", money(rng.randint(5, 300))))
        for name, price in rows:
            canvas.text(pad, y, name, font, size, ink)
            canvas.text(width - pad - draw.width_of(sign + price, font, size), y, sign + price, font, size, ink,
                        name.lower())
            y += line
        y += 3
        canvas.draw.line((pad, y, width - pad, y), fill=ink)
        y += 4
        total = sign + money(sum(prices))
        canvas.text(pad, y, label, font, size, ink)
        canvas.text(width - pad - draw.width_of(total, font, size), y, total, font, size, ink, "total")
        if thanks:
            canvas.text((width - draw.width_of(thanks, font, size)) / 2, y + line, thanks, font, size, ink)
        i = rng.randrange(len(names))
        ask_total = rng.choice(["What is the total?", "How much is the total?", "How much is it in all?"])
        n_items = f"{NUMBERS[len(names)]} item{'s' if len(names) > 1 else ''}"
        chats = [
            [Turn("total", ask_total, total)],
            [Turn("price", rng.choice(["How much is the {}?", "What does the {} cost?"]).format(names[i].lower()),
                  sign + money(prices[i]))],
            [Turn("shop", rng.choice(["Which shop is it from?", "What is the title?", "What is the name of the shop?"]), shop)],
            [Turn("describe", rng.choice(DESCRIBE), f"A receipt from {shop} with {n_items}. The total is {total}.")],
        ]
        if rng.random() < 0.4:
            chats.append([Turn("count", "How many items are there?", NUMBERS[len(names)].capitalize() + ".")])
        if rng.random() < 0.3:
            there = rng.random() < 0.5
            item = rng.choice(names if there else [name for name in ITEMS if name not in names])
            chats.append([Turn("yes or no", f"Is there {item.lower()} on the receipt?", "Yes." if there else "No.")])
        if rng.random() < 0.3:
            chats.append(follow(rng, chats[1], chats[0]))
        if rng.random() < 0.2:
            chats.append(self.absent(rng.choice(["button", "shape"])))
        return self.finish(canvas, chats)

    def form(self) -> Sample:
        rng = self.rng
        hardest = 1 - self.ease
        font, size = self.font(draw.SANS), rng.randint(13, 17)
        labels = rng.sample(FIELDS, rng.randint(2, 2 + round(3 * hardest)))
        values = [self.kept(lambda: self.phrase(rng.randint(1, 2)) if rng.random() < 0.7 else self.number()) for _ in labels]
        ground, ink = self.ink()
        line = draw.line_height(font, size) + rng.randint(6, 10)
        column = max(draw.width_of(label + ":", font, size) for label in labels) + rng.randint(14, 28)
        width = column + max(draw.width_of(value, font, size) for value in values) + 22
        canvas = self.canvas(*self.whole_patches(width, len(labels) * line + 14), ground)
        boxed, pad, colon = rng.random() < 0.5, rng.randint(4, 8), rng.choice([":", ""])
        for i, (label, value) in enumerate(zip(labels, values)):
            y = pad + i * line
            canvas.text(pad, y, label + colon, font, size, ink)
            if boxed:
                canvas.draw.rectangle((pad + column - 5, y - 2, canvas.width - 4, y + line - 6), outline=(128, 128, 128))
            canvas.text(pad + column, y, value, font, size, ink, label.lower())
        chats = [[Turn("form", rng.choice(["What is the {}?", "What does the field {} say?"]).format(labels[i].lower()), values[i])]
                 for i in rng.sample(range(len(labels)), k=min(3, len(labels)))]
        if rng.random() < 0.4:
            pairs = ". ".join(f"{label}: {value}" for label, value in zip(labels, values))
            chats.append([Turn("describe", rng.choice(DESCRIBE), f"A form. {pairs}.")])
        if rng.random() < 0.3:
            chats.append(self.absent("total"))
        if len(chats) > 1 and rng.random() < 0.3:
            chats.append(follow(rng, chats[0], chats[1]))
        return self.finish(canvas, chats)

    # Code and terminal

    def screen(self) -> Sample:
        rng = self.rng
        hardest = 1 - self.ease
        font, size = self.font(draw.MONO), rng.randint(12, 16)
        dark = rng.random() < 0.7
        ground = (rng.randint(12, 45),) * 3 if dark else (rng.randint(235, 255),) * 3
        ink = (rng.randint(200, 255),) * 3 if dark else (rng.randint(0, 60),) * 3
        terminal = rng.random() < 0.5
        n_lines = rng.randint(1, 2 + round(3 * hardest))
        texts = [self.kept(self.command if terminal and i == 0 else self.output if terminal else self.code)
                 for i in range(n_lines)]
        line = draw.line_height(font, size) + 2
        bar = rng.random() < 0.4
        top = line if bar else 4
        width = max(draw.width_of(text, font, size) for text in texts) + 20
        canvas = self.canvas(*self.whole_patches(width, top + n_lines * line + 8), ground)
        if bar:
            canvas.draw.rectangle((0, 0, canvas.width, line - 4), fill=(110, 110, 115))
            for i, colour in enumerate(["red", "yellow", "green"]):
                canvas.draw.ellipse((6 + 14 * i, 4, 14 + 14 * i, 12), fill=COLOURS[colour])
        for i, text in enumerate(texts):
            fill = tuple(rng.randint(150, 255) if dark else rng.randint(0, 110) for _ in range(3)) if rng.random() < 0.3 else ink
            canvas.text(8, top + 2 + i * line, text, font, size, fill, "command" if terminal and i == 0 else "")
        chats = [[Turn("read", rng.choice(READ), "\n".join(texts))]]
        if terminal:
            chats.append([Turn("command", rng.choice(["What is the command?", "Which command was run?"]), texts[0][2:])])
            chats.append([Turn("describe", rng.choice(DESCRIBE), f'A terminal. The command is "{texts[0][2:]}".')])
        else:
            noun = "line" if n_lines == 1 else "lines"
            chats.append([Turn("describe", rng.choice(DESCRIBE), f"A code window with {NUMBERS[n_lines]} {noun}.")])
            chats.append([Turn("count", "How many lines are there?", NUMBERS[n_lines].capitalize() + ".")])
        return self.finish(canvas, chats, 0.6)

    def command(self) -> str:
        rng = self.rng
        tool = rng.choice(["ls", "cd", "cat", "git", "cargo", "make", "python", "ssh", "cp", "mv", "rm", "curl", "grep", "npm"])
        words = [rng.choice(COMMON) for _ in range(rng.randint(1, 2))]
        flag = rng.choice(["", "", "-" + rng.choice("abflrvx") + " ", "--" + rng.choice(COMMON) + " "])
        return f"$ {tool} {flag}" + rng.choice([" ", "/", "."]).join(words)

    def output(self) -> str:
        rng = self.rng
        kind = rng.random()
        if kind < 0.4:
            return f"{rng.choice(COMMON)}.{rng.choice(['txt', 'rs', 'py', 'png', 'md'])}"
        if kind < 0.7:
            return f"{rng.choice(['error', 'warning', 'note', 'info'])}: {rng.choice(COMMON)} {rng.choice(COMMON)}"
        return self.phrase(rng.randint(1, 3))

    def code(self) -> str:
        rng = self.rng
        a, b = rng.choice(COMMON), rng.choice(COMMON)
        return rng.choice([f"let {a} = {rng.randint(0, 99)};", f"def {a}({b}):", f"return {a} + {b}", f"if {a} > {rng.randint(0, 9)}:",
                           f"{a} = {b}({rng.randint(0, 99)})", f"import {a}", f"print({a})", f"for {a} in {b}:", f"fn {a}() {{", f"# {a} {b}"])

    # Scenes of shapes

    def scene(self) -> Sample:
        rng = self.rng
        n_shapes = rng.randint(1, 2 + round(3 * (1 - self.ease)))
        width, height = (16 * rng.randint(6, 13) for _ in range(2))
        ground_name = rng.choice(["white", "white", "black", "grey", "blue", "green", "yellow", "pink"])
        canvas = self.canvas(width, height, tint(rng, COLOURS[ground_name], 12))
        if rng.random() < 0.25:
            canvas.image = gradient(rng, canvas.image)
            canvas.draw = draw.ImageDraw.Draw(canvas.image)
        cells = rng.sample([(row, column) for row in range(3) for column in range(3)], n_shapes)
        pairs = []
        while len(pairs) < n_shapes:
            pair = (rng.choice([name for name in COLOURS if name != ground_name]), rng.choice(SHAPES))
            if pair not in pairs:
                pairs.append(pair)
        things = []
        for (row, column), (colour, shape) in zip(cells, pairs):
            cell_w, cell_h = width / 3, height / 3
            radius = min(cell_w, cell_h) * rng.uniform(0.28, 0.48)
            radius = max(radius, 7.5)
            slack_x, slack_y = max(0.0, cell_w / 2 - radius), max(0.0, cell_h / 2 - radius)
            x = (column + 0.5) * cell_w + rng.uniform(-slack_x, slack_x) * 0.7
            y = (row + 0.5) * cell_h + rng.uniform(-slack_y, slack_y) * 0.7
            shape_on(canvas, shape, x, y, radius, tint(rng, COLOURS[colour], 14))
            canvas.regions.append((SHAPES.index(shape), list(COLOURS).index(colour), x, y, radius))
            things.append((colour, shape, row, column, len(things)))
        return self.finish(canvas, self.ask_scene(things), 0.8)

    def ask_scene(self, things) -> list[list[Turn]]:
        rng = self.rng
        chats = []
        ordered = sorted(things, key=lambda thing: (thing[2], thing[3]))
        parts = [f"{a(colour)} {shape} {PLACES[row][column]}" for colour, shape, row, column, _ in ordered]
        chats.append([Turn("describe", rng.choice(DESCRIBE), listed(parts).capitalize() + ".")])

        def name(thing):
            """What the thing is called so that it is no other's name."""
            colour, shape, *_ = thing
            same_shape = [other for other in things if other[1] == shape]
            return shape if len(same_shape) == 1 else None

        unique = [thing for thing in things if name(thing)]
        unique_colour = [thing for thing in things if sum(other[0] == thing[0] for other in things) == 1]
        colour_turns = [Turn("colour", f"What colour is the {thing[1]}?", thing[0].capitalize() + ".", thing[4])
                        for thing in unique]
        rng.shuffle(colour_turns)
        chats += [[turn] for turn in colour_turns[:2]]
        for thing in rng.sample(unique_colour, k=min(2, len(unique_colour))):
            asked = rng.choice(["What shape is {}?", "What is {}?"]).format(thing[0])
            chats.append([Turn("shape", asked, f"{a(thing[1]).capitalize()}.", thing[4])])
        for thing in rng.sample(things, k=min(2, len(things))):
            called = name(thing) if rng.random() < 0.5 and name(thing) else f"{thing[0]} {thing[1]}"
            chats.append([Turn("position", f"Where is the {called}?", PLACES[thing[2]][thing[3]].capitalize() + ".", thing[4])])
        chats.append([Turn("count", rng.choice(["How many shapes are there?", "How many things are there?"]),
                           NUMBERS[len(things)].capitalize() + ".")])
        kind = rng.random()
        if kind < 0.5:
            colour = rng.choice(things)[0] if rng.random() < 0.7 else rng.choice(list(COLOURS))
            n = sum(thing[0] == colour for thing in things)
            chats.append([Turn("count", f"How many {colour} shapes are there?", NUMBERS[n].capitalize() + ".")])
        else:
            shape = rng.choice(things)[1] if rng.random() < 0.7 else rng.choice(SHAPES)
            n = sum(thing[1] == shape for thing in things)
            chats.append([Turn("count", f"How many {plural(shape)} are there?", NUMBERS[n].capitalize() + ".")])
        if rng.random() < 0.6:
            colour, shape = (rng.choice(things)[:2] if rng.random() < 0.5 else (rng.choice(list(COLOURS)), rng.choice(SHAPES)))
            there = next((thing[4] for thing in things if thing[:2] == (colour, shape)), None)
            chats.append([Turn("yes or no", f"Is there {a(colour)} {shape}?", "No." if there is None else "Yes.", there)])
        if len(unique) >= 2 and rng.random() < 0.4:
            one, two = rng.sample(unique, 2)
            relation, holds = rng.choice([("above", one[2] < two[2]), ("below", one[2] > two[2]),
                                          ("to the left of", one[3] < two[3]), ("to the right of", one[3] > two[3])])
            chats.append([Turn("yes or no", f"Is the {one[1]} {relation} the {two[1]}?", "Yes." if holds else "No.")])
        if len(colour_turns) > 1 and rng.random() < 0.5:
            first, second = colour_turns[:2]
            shape = second.question.removeprefix("What colour is the ").removesuffix("?")
            chats.append([first, Turn("colour", f"And the {shape}?", second.answer, second.shape)])
        if rng.random() < 0.6:
            kind = rng.choice(["text", "button", "total", "absent shape"])
            if kind == "absent shape":
                gone = rng.choice([shape for shape in SHAPES if all(thing[1] != shape for thing in things)])
                asked = rng.choice([f"What colour is the {gone}?", f"Where is the {gone}?"])
                chats.append([Turn("absent", asked, f"I cannot see a {gone}.")])
            else:
                chats.append(self.absent(kind))
        return chats

    # Charts

    def chart(self) -> Sample:
        return self.bars() if self.rng.random() < 0.65 else self.pie()

    def chart_labels(self, n: int) -> list[str]:
        labels: list[str] = []
        while len(labels) < n:
            label = self.kept(lambda: self.rng.choice(COMMON).capitalize())
            if len(label) <= 6 and label not in labels:
                labels.append(label)
        return labels

    def bars(self) -> Sample:
        rng = self.rng
        n = rng.randint(2, 3 + round(2 * (1 - self.ease)))
        font, size = self.font(draw.SANS), rng.randint(12, 15)
        labels = self.chart_labels(n)
        values = rng.sample(range(4, 100), n)
        while min(abs(x - y) for i, x in enumerate(values) for y in values[:i]) < 4:
            values = rng.sample(range(4, 100), n)
        dark = rng.random() < 0.25
        ground, ink = ((30, 30, 36), (225, 225, 225)) if dark else ((250, 250, 250), (30, 30, 30))
        slot = max(max(draw.width_of(label, font, size) for label in labels) + 8, 34)
        height = rng.randint(96, 144)
        canvas = self.canvas(*self.whole_patches(slot * n + 16, height + 3 * size), ground)
        base = canvas.height - size - 8
        top = 6 + (size + 4)
        scale = (base - top) / max(values)
        colours = rng.sample([name for name in COLOURS if name not in ("white", "black", "grey")], n)
        one_colour = rng.random() < 0.4
        shown = rng.random() < 0.7
        for i, (label, value) in enumerate(zip(labels, values)):
            middle = 8 + slot * (i + 0.5)
            bar = min(slot * 0.6, 40) / 2
            fill = tint(rng, COLOURS[colours[0 if one_colour else i]], 10)
            canvas.draw.rectangle((middle - bar, base - value * scale, middle + bar, base), fill=fill)
            rank = "tallest" if value == max(values) else "smallest" if value == min(values) else ""
            canvas.text(middle - draw.width_of(label, font, size) / 2, base + 2, label, font, size, ink, rank)
            if shown:
                text = str(value)
                canvas.text(middle - draw.width_of(text, font, size) / 2, base - value * scale - size - 4, text, font, size, ink,
                            label)
        canvas.draw.line((6, base, canvas.width - 6, base), fill=ink)
        tallest, smallest = labels[values.index(max(values))], labels[values.index(min(values))]
        chats = [
            [Turn("tallest", rng.choice(["Which bar is tallest?", "Which bar is the tallest?", "Which is the highest?"]), tallest)],
            [Turn("smallest", rng.choice(["Which bar is smallest?", "Which bar is the shortest?"]), smallest)],
            [Turn("count", "How many bars are there?", NUMBERS[n].capitalize() + ".")],
            [Turn("describe", rng.choice(DESCRIBE), f"A bar chart with {NUMBERS[n]} bars: {listed(labels)}. The tallest is {tallest}.")],
        ]
        if shown:
            i = rng.randrange(n)
            chats.append([Turn("value", f"What is the value of {labels[i]}?", str(values[i]))])
        if not one_colour:
            i = rng.randrange(n)
            chats.append([Turn("colour", f"What colour is the bar {labels[i]}?", colours[i].capitalize() + ".")])
        if rng.random() < 0.3:
            chats.append(follow(rng, chats[0], chats[1]))
        return self.finish(canvas, chats, 0.6)

    def pie(self) -> Sample:
        rng = self.rng
        n = rng.randint(2, 4)
        font, size = self.font(draw.SANS), rng.randint(13, 16)
        labels = self.chart_labels(n)
        while True:
            shares = [rng.uniform(0.1, 1) for _ in range(n)]
            shares = [share / sum(shares) for share in shares]
            if len(shares) < 2 or sorted(shares)[-1] - sorted(shares)[-2] > 0.08:
                break
        colours = rng.sample([name for name in COLOURS if name not in ("white", "black", "grey")], n)
        diameter = rng.randint(80, 128)
        legend = max(draw.width_of(label, font, size) for label in labels) + 30
        line = draw.line_height(font, size) + 4
        canvas = self.canvas(*self.whole_patches(diameter + legend + 24, max(diameter + 16, n * line + 12)), (250, 250, 250))
        start = rng.uniform(0, 360)
        fills = [tint(rng, COLOURS[colour], 8) for colour in colours]
        for share, fill in zip(shares, fills):
            canvas.draw.pieslice((8, 8, 8 + diameter, 8 + diameter), start, start + 360 * share, fill=fill)
            start += 360 * share
        for i, (label, fill) in enumerate(zip(labels, fills)):
            x, y = diameter + 20, 8 + i * line
            canvas.draw.rectangle((x, y + 3, x + size - 2, y + size + 1), fill=fill)
            canvas.text(x + size + 6, y, label, font, size, (30, 30, 30),
                        "largest" if shares[i] == max(shares) else "")
        largest, i = labels[shares.index(max(shares))], rng.randrange(n)
        chats = [
            [Turn("largest slice", rng.choice(["Which slice is largest?", "Which slice is the largest?"]), largest)],
            [Turn("colour", f"What colour is the slice {labels[i]}?", colours[i].capitalize() + ".")],
            [Turn("count", "How many slices are there?", NUMBERS[n].capitalize() + ".")],
            [Turn("describe", rng.choice(DESCRIBE), f"A pie chart with {NUMBERS[n]} slices: {listed(labels)}. The largest is {largest}.")],
        ]
        return self.finish(canvas, chats, 0.6)

    # A sign with a shape beside it

    def mixed(self) -> Sample:
        rng = self.rng
        font, size = self.font(), rng.randint(14, 28)
        ground, ink = self.ink()
        text = self.kept(lambda: self.phrase(rng.randint(1, 2)))
        while draw.width_of(text, font, size) > 320:
            size -= 4
        text_width, line = draw.width_of(text, font, size), draw.line_height(font, size)
        radius = rng.uniform(16, 30)
        below = rng.random() < 0.5
        if below:
            width, height = max(text_width, 2 * radius) + 24, line + 2 * radius + 28
        else:
            width, height = text_width + 2 * radius + 36, max(line, 2 * radius) + 16
        canvas = self.canvas(*self.whole_patches(width, height), ground)
        colour = rng.choice([name for name, rgb in COLOURS.items() if sum(abs(x - y) for x, y in zip(rgb, ground)) > 120])
        shape = rng.choice(SHAPES)
        if below:
            x, y = rng.uniform(radius + 6, canvas.width - radius - 6), canvas.height - radius - 8
            canvas.text((canvas.width - text_width) / 2, 6, text, font, size, ink)
        else:
            x, y = radius + 8, canvas.height / 2
            canvas.text(2 * radius + 22, (canvas.height - line) / 2, text, font, size, ink)
        shape_on(canvas, shape, x, y, radius, tint(rng, COLOURS[colour], 10))
        canvas.regions.append((SHAPES.index(shape), list(COLOURS).index(colour), x, y, radius))
        chats = [
            [Turn("line" if size >= 16 else "read", rng.choice(READ), text)],
            [Turn("colour", f"What colour is the {shape}?", colour.capitalize() + ".", 0)],
            [Turn("shape", "What shape is there?", a(shape).capitalize() + ".", 0)],
            [Turn("describe", rng.choice(DESCRIBE), f'{a(colour).capitalize()} {shape} and a text that says: "{text}"')],
        ]
        if rng.random() < 0.5:
            chats.append([chats[1][0], Turn("line" if size >= 16 else "read", "And what does it say?", text)])
        return self.finish(canvas, chats)

    KINDS = {"lines": lines, "scene": scene, "dialog": dialog, "receipt": receipt, "form": form, "screen": screen,
             "chart": chart, "mixed": mixed}

    def sample(self, kind: str) -> Sample:
        """A picture of a kind in `KINDS`; `world.py` has more."""
        return self.KINDS[kind](self)


def follow(rng, first: list[Turn], second: list[Turn]) -> list[Turn]:
    """Two questions as one conversation."""
    return [first[-1], second[-1]] if rng.random() < 0.5 else [second[-1], first[-1]]


def wrapped(text: str, font: str, size: int, width: float) -> list[str]:
    rows: list[str] = []
    for word in text.split(" "):
        if rows and draw.width_of(f"{rows[-1]} {word}", font, size) <= width:
            rows[-1] += f" {word}"
        else:
            rows.append(word)
    return rows


def a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def plural(shape: str) -> str:
    return "crosses" if shape == "cross" else shape + "s"


def listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def tint(rng, colour, amount: int):
    return tuple(max(0, min(255, channel + rng.randint(-amount, amount))) for channel in colour)


def gradient(rng, image: Image.Image) -> Image.Image:
    """The picture's ground, a little lighter or darker towards one side."""
    ramp = Image.linear_gradient("L").rotate(rng.choice([0, 90, 180, 270])).resize(image.size)
    toned = Image.new("RGB", image.size, rng.choice([(0, 0, 0), (255, 255, 255), (128, 128, 160)]))
    return Image.composite(toned, image, ramp.point(lambda value: value * 0.3))


def shape_on(canvas: Canvas, shape: str, x: float, y: float, r: float, fill):
    pen = canvas.draw
    if shape == "circle":
        pen.ellipse((x - r, y - r, x + r, y + r), fill=fill)
    elif shape == "square":
        pen.rectangle((x - 0.86 * r, y - 0.86 * r, x + 0.86 * r, y + 0.86 * r), fill=fill)
    elif shape == "ring":
        pen.ellipse((x - r, y - r, x + r, y + r), outline=fill, width=max(3, round(0.35 * r)))
    elif shape == "cross":
        w = 0.33 * r
        pen.rectangle((x - w, y - r, x + w, y + r), fill=fill)
        pen.rectangle((x - r, y - w, x + r, y + w), fill=fill)
    elif shape == "heart":
        pen.ellipse((x - r, y - 0.9 * r, x, y + 0.1 * r), fill=fill)
        pen.ellipse((x, y - 0.9 * r, x + r, y + 0.1 * r), fill=fill)
        pen.polygon([(x - 0.93 * r, y - 0.2 * r), (x + 0.93 * r, y - 0.2 * r), (x, y + r)], fill=fill)
    else:
        corners = {"triangle": 3, "diamond": 4, "star": 10}[shape]
        points = []
        for i in range(corners):
            reach = r * (0.45 if shape == "star" and i % 2 else 1)
            angle = math.tau * i / corners - math.pi / 2
            points.append((x + reach * math.cos(angle) * (0.75 if shape == "diamond" else 1), y + reach * math.sin(angle)))
        pen.polygon(points, fill=fill)
