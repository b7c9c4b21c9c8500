"""Draws `assets/samples`: one picture of each kind, placed by hand, with texts that training never sees where a text is
free to choose. `python samples.py OUT` writes the pictures and `questions.json`, questions with their right answers.
"""

import json
import sys
from pathlib import Path

from draw import Canvas, width_of
from tasks import COLOURS, shape_on, wrapped

SANS, BOLD = "truetype/dejavu/DejaVuSans", "truetype/dejavu/DejaVuSans-Bold"
LIBERATION, MONO = "truetype/liberation2/LiberationSans-Regular", "truetype/dejavu/DejaVuSansMono"
WHITE, INK = (255, 255, 255), (24, 24, 28)


def dialog(size, title, message, labels, panel, ink, bar, font=SANS) -> Canvas:
    canvas = Canvas(*size, panel)
    canvas.draw.rectangle((0, 0, size[0], 26), fill=bar)
    canvas.text(12, 4, title, font, 15, WHITE)
    for i, row in enumerate(wrapped(message, font, 14, size[0] - 24)):
        canvas.text(12, 38 + 20 * i, row, font, 14, ink)
    right = size[0] - 12
    for i, label in enumerate(reversed(labels)):
        width = width_of(label, font, 14) + 20
        box = (right - width, size[1] - 38, right, size[1] - 12)
        if i == 0:
            canvas.draw.rounded_rectangle(box, radius=4, fill=(30, 90, 190))
        else:
            canvas.draw.rounded_rectangle(box, radius=4, outline=ink)
        canvas.text(box[0] + 10, box[1] + 4, label, font, 14, WHITE if i == 0 else ink)
        right -= width + 8
    return canvas


def sign() -> Canvas:
    canvas = Canvas(256, 64, (20, 60, 120))
    canvas.text(24, 15, "Harbour street", BOLD, 26, WHITE)
    return canvas


def note() -> Canvas:
    canvas = Canvas(240, 112, (252, 246, 214))
    for i, line in enumerate(["Meet at the lake", "Bring water, fruit", "Bus leaves 9:45"]):
        canvas.text(18, 14 + 28 * i, line, LIBERATION, 20, (40, 40, 70))
    return canvas


def receipt() -> Canvas:
    canvas = Canvas(192, 176, (250, 250, 246))
    canvas.text((192 - width_of("Mill Lane Bakery", MONO, 14)) / 2, 8, "Mill Lane Bakery", MONO, 14, INK)
    rows = [("Bread", "4.80"), ("Coffee", "2.95"), ("Honey", "6.40")]
    for i, (name, price) in enumerate(rows):
        y = 36 + 22 * i
        canvas.text(10, y, name, MONO, 15, INK)
        canvas.text(182 - width_of(price, MONO, 15), y, price, MONO, 15, INK)
    canvas.draw.line((10, 108, 182, 108), fill=INK)
    canvas.text(10, 116, "Total", MONO, 15, INK)
    canvas.text(182 - width_of("14.15", MONO, 15), 116, "14.15", MONO, 15, INK)
    canvas.text((192 - width_of("Thank you!", MONO, 14)) / 2, 146, "Thank you!", MONO, 14, INK)
    return canvas


def scene() -> Canvas:
    canvas = Canvas(192, 160, (240, 244, 250))
    shape_on(canvas, "circle", 34, 30, 20, COLOURS["red"])
    shape_on(canvas, "star", 158, 80, 22, COLOURS["blue"])
    shape_on(canvas, "square", 94, 130, 18, COLOURS["green"])
    return canvas


def form() -> Canvas:
    canvas = Canvas(256, 112, WHITE)
    for i, (label, value) in enumerate([("Name:", "Ada Winter"), ("City:", "Lisbon"), ("Room:", "214")]):
        y = 10 + 32 * i
        canvas.text(12, y + 3, label, SANS, 15, INK)
        canvas.draw.rectangle((80, y - 2, 244, y + 24), outline=(128, 128, 128))
        canvas.text(88, y + 3, value, SANS, 15, INK)
    return canvas


def terminal() -> Canvas:
    canvas = Canvas(256, 64, (24, 24, 28))
    canvas.text(8, 8, "$ git push garden", MONO, 14, (220, 220, 220))
    canvas.text(8, 30, "error: remote closed", MONO, 14, (240, 120, 110))
    return canvas


def chart() -> Canvas:
    canvas = Canvas(208, 176, (250, 250, 250))
    bars = [("Tea", 42, "orange"), ("Milk", 77, "blue"), ("Water", 58, "green")]
    for i, (label, value, colour) in enumerate(bars):
        middle = 40 + 64 * i
        canvas.draw.rectangle((middle - 18, 148 - 1.6 * value, middle + 18, 148), fill=COLOURS[colour])
        canvas.text(middle - width_of(label, SANS, 14) / 2, 151, label, SANS, 14, INK)
        canvas.text(middle - width_of(str(value), SANS, 14) / 2, 130 - 1.6 * value, str(value), SANS, 14, INK)
    canvas.draw.line((6, 148, 202, 148), fill=INK)
    return canvas


SAMPLES = {
    "dialog": (lambda: dialog((272, 128), "Update ready", "Close all programs before you start.", ["Install later"],
                              (245, 245, 247), INK, (50, 60, 90)),
               [("What does the button say?", "Install later"), ("What is the title?", "Update ready")]),
    "dialog-dark": (lambda: dialog((304, 128), "Delete folder?", "Forty pictures will be gone for good.", ["Cancel", "Delete"],
                                   (44, 44, 48), (230, 230, 230), (120, 30, 40), LIBERATION),
                    [("What do the buttons say?", "Cancel, Delete"), ("What does the right button say?", "Delete")]),
    "sign": (sign, [("What does it say?", "Harbour street")]),
    "note": (note, [("Read all text.", "Meet at the lake\nBring water, fruit\nBus leaves 9:45")]),
    "receipt": (receipt, [("What is the total?", "14.15"), ("How much is the coffee?", "2.95")]),
    "scene": (scene, [("What colour is the star?", "Blue."), ("Where is the circle?", "At the top left."),
                      ("How many shapes are there?", "Three."), ("Is there a yellow heart?", "No.")]),
    "form": (form, [("What is the city?", "Lisbon")]),
    "terminal": (terminal, [("What is the command?", "git push garden")]),
    "chart": (chart, [("Which bar is tallest?", "Milk"), ("What is the value of Tea?", "42")]),
}


def main():
    out = Path(sys.argv[1])
    questions = []
    for name, (make, asked) in SAMPLES.items():
        make().image.save(out / f"{name}.png", optimize=True)
        questions += [{"task": "samples", "picture": f"{name}.png", "question": question, "answer": answer}
                      for question, answer in asked]
    (out / "questions.json").write_text(json.dumps(questions, indent=1) + "\n")


if __name__ == "__main__":
    main()
