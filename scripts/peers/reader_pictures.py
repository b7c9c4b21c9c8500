"""Draws pictures of known text, in the form of the fixtures of lorgnette-reader, with other words and other fonts.

    reader_pictures.py FOLDER

Debian's fonts-liberation, fonts-noto-core, fonts-noto-cjk, fonts-open-sans, fonts-crosextra-carlito, fonts-firacode and
fonts-ipafont are needed. No text, name or number in them is real.
"""

import io
import json
import random
import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageFont

FONTS = Path("/usr/share/fonts")
SANS = "truetype/liberation/LiberationSans-Regular.ttf"
SERIF = "truetype/liberation/LiberationSerif-Regular.ttf"
MONO = "truetype/liberation/LiberationMono-Regular.ttf"
NOTO = "truetype/noto/NotoSans-Regular.ttf"
NOTO_SERIF = "truetype/noto/NotoSerif-Regular.ttf"
NOTO_MONO = "truetype/noto/NotoSansMono-Regular.ttf"
OPEN = "truetype/open-sans/OpenSans-Regular.ttf"
CARLITO = "truetype/crosextra/Carlito-Regular.ttf"
FIRA = "truetype/firacode/FiraCode-Regular.ttf"
CJK = "opentype/noto/NotoSansCJK-Regular.ttc"
CJK_SERIF = "opentype/noto/NotoSerifCJK-Regular.ttc"
IPA = "opentype/ipafont-mincho/ipam.ttf"


def font(name, size, index=0):
    return ImageFont.truetype(str(FONTS / name), size, index=index, layout_engine=ImageFont.Layout.BASIC)


def wrap(draw, text, face, width):
    lines, line = [], ""
    for word in text.split(" "):
        longer = f"{line} {word}".strip()
        if draw.textlength(longer, font=face) > width and line:
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line]


class Page:
    def __init__(self, width, height, ground=(255, 255, 255), ink=(20, 20, 20)):
        self.image = Image.new("RGB", (width, height), ground)
        self.draw = ImageDraw.Draw(self.image)
        self.ink = ink
        self.lines = []

    def put(self, x, y, text, face, ink=None, listed=True):
        self.draw.text((x, y), text, font=face, fill=ink or self.ink)
        if listed:
            self.lines.append(text)

    def prose(self, x, y, width, paragraphs, face, pitch=1.4):
        for paragraph in paragraphs:
            for line in wrap(self.draw, paragraph, face, width):
                self.put(x, y, line, face)
                y += round(face.size * pitch)
            y += face.size
        return y


def ui(face, size, dark, title, side, intro, rows, buttons):
    ground, panel, ink, faint = ((30, 32, 36), (40, 43, 48), (225, 226, 228), (160, 164, 170)) if dark else (
        (255, 255, 255), (242, 243, 245), (30, 30, 34), (95, 98, 104))
    page = Page(760, 120 + 34 * len(rows) + 60, ground, ink)
    page.draw.rectangle((0, 0, 170, page.image.height), fill=panel)
    small, large = font(face, size), font(face, size + 7)
    for i, item in enumerate(side):
        page.put(18, 24 + 32 * i, item, small)
    page.put(200, 20, title, large)
    page.put(200, 58, intro, small, faint)
    y = 96
    for label, value in rows:
        page.draw.line((200, y - 9, 740, y - 9), fill=(70, 74, 80) if dark else (225, 227, 230))
        page.put(200, y, label, small, listed=False)
        page.put(740 - round(page.draw.textlength(value, font=small)), y, value, small, listed=False)
        page.lines.append(f"{label} {value}")
        y += 34
    x = 200
    for button in buttons:
        width = round(page.draw.textlength(button, font=small)) + 28
        page.draw.rounded_rectangle((x, y, x + width, y + 28), 5, outline=faint)
        page.put(x + 14, y + 6, button, small, listed=False)
        x += width + 12
    page.lines.append(" ".join(buttons))
    return page


def table(face, size, title, rows, widths):
    page = Page(40 + sum(widths), 60 + 30 * len(rows))
    face = font(face, size)
    page.put(20, 14, title, face)
    for i, row in enumerate(rows):
        y = 50 + 30 * i
        page.draw.line((20, y - 7, 20 + sum(widths), y - 7), fill=(200, 200, 200))
        x = 20
        for cell, width in zip(row, widths, strict=True):
            page.put(x, y, cell, face, listed=False)
            x += width
        page.lines.append(" ".join(row))
    return page


def scan(page, angle, seed):
    rng = random.Random(seed)
    image = page.image.rotate(angle, Image.BICUBIC, expand=True, fillcolor=(255, 255, 255))
    image = image.filter(ImageFilter.GaussianBlur(0.6))
    pixels = image.load()
    for y in range(image.height):
        for x in range(image.width):
            noise = rng.randint(-14, 14)
            pixels[x, y] = tuple(max(0, min(255, value * 235 // 255 + noise)) for value in pixels[x, y])
    page.image = image
    return page


def photo(seed):
    rng = random.Random(seed)
    small = Image.new("RGB", (16, 12))
    small.putdata([(rng.randint(40, 140), rng.randint(60, 150), rng.randint(40, 130)) for _ in range(16 * 12)])
    page = Page(640, 480)
    page.image = small.resize((640, 480), Image.BICUBIC)
    page.draw = ImageDraw.Draw(page.image)
    for (x, y), text, size, ground, ink in [
        ((90, 60), "HARBOUR OFFICE", 34, (20, 50, 110), (250, 250, 250)),
        ((120, 190), "Boats for hire from 9 to 5", 24, (245, 240, 220), (120, 20, 20)),
        ((70, 330), "No swimming beyond the buoys", 26, (200, 30, 30), (255, 255, 255)),
    ]:
        face = font(OPEN, size)
        width = round(page.draw.textlength(text, font=face))
        page.draw.rectangle((x - 14, y - 10, x + width + 14, y + size + 16), fill=ground)
        page.put(x, y, text, face, ink)
    return page


def plain(face, size, paragraphs, width=700, dark=False, index=0):
    page = Page(width + 60, 2000, *(((24, 26, 30), (215, 217, 220)) if dark else ()))
    y = page.prose(30, 24, width, paragraphs, font(face, size, index))
    page.image = page.image.crop((0, 0, width + 60, y + 10))
    return page


def lines_of(face, size, lines, index=0, width=760):
    page = Page(width, 40 + round(1.7 * size) * len(lines))
    for i, line in enumerate(lines):
        page.put(24, 18 + round(1.7 * size) * i, line, font(face, size, index))
    return page


def turned(page, quarters):
    page.image = page.image.rotate(90 * quarters, expand=True)
    return page


def columns():
    page = Page(860, 330)
    head, face = font(NOTO_SERIF, 22), font(NOTO_SERIF, 14)
    page.put(30, 16, "The ferry that went by bicycle", head)
    for x, text in [
        (30, "For eleven winters the ferry between the two villages was pulled across the lake by a rope and a man on "
             "a bicycle. He sat on a frame above the deck, and the rope ran over his back wheel. A crossing took "
             "nineteen minutes, or twelve when the cheese was late and the market would not wait for it."),
        (450, "When the bridge was opened in 1958 nobody wanted to buy the ferry, so the cyclist kept it. His "
              "daughter still crosses with it on Sundays, for visitors and for the exercise. She has counted the "
              "turns of the pedals: it is four thousand and two hundred there, and a few more on the way back."),
    ]:
        page.prose(x, 64, 380, [text], face, 1.5)
    return page


def upright_columns():
    page = Page(420, 420)
    for i, line in enumerate(["秋は夕暮れ。夕日のさして", "山の端いと近うなりたるに", "烏の寝どころへ行くとて"]):
        for j, letter in enumerate(line):
            page.draw.text((340 - 56 * i, 30 + 28 * j), letter, font=font(IPA, 26), fill=(20, 20, 20))
        page.lines.append(line)
    return page


SETTINGS = (
    "Backups", ["General", "Accounts", "Network", "Backups", "Updates", "About"],
    "Copies are kept for ninety days on the drive that you choose below.",
    [("Destination", "External drive (812 GB free)"), ("How often", "Every night at 02:15"),
     ("Keep deleted files", "30 days"), ("Encrypt copies", "Yes, with AES-256"), ("Largest file", "4.7 GB"),
     ("Last copy", "Tuesday, 14 October 2025")],
    ["Back up now", "Restore…", "Cancel"],
)
PRINTER = (
    "Print", ["Layout", "Paper", "Colour", "Finishing"],
    "The printer Kestrel 410 is low on yellow. It can still print in black.",
    [("Pages", "2-5, 8, 11-13"), ("Copies", "3"), ("Paper", "A4, 80 g/m2"), ("Both sides", "Along the long edge"),
     ("Quality", "600 x 600 dpi")],
    ["Print", "Preview", "Close"],
)
PROSE = [
    "The baker's cart",
    "Every morning at half past five a cart without a horse came down Mill Street. It rolled by itself, slowly, "
    "because the street is steep, and the baker walked behind it with a rope in case it should change its mind.",
    "In 37 years it did so twice: once for a cat, and once, in 1971, for no reason at all.",
]
SMALLPRINT = [
    "This offer ends on 31 January 2027 and cannot be used with another one. Delivery is free within 50 km; beyond "
    "that we charge 0.85 per kilometre. Goods that were cut to size cannot be returned. Questions? Write to "
    "orders@quarrel.example or call 0555 018 442 between 8:00 and 16:30.",
    "Form 22-B, revision 7. Printed on recycled paper.",
]


def tiny(face, dark=False):
    return plain(face, 10, SMALLPRINT, 620, dark)


def pictures():
    """Returns what to draw: name, kind, page, whether its script is unknown to the network."""
    yield "ui-11-light", "ui small", ui(NOTO, 11, False, *SETTINGS), False
    yield "ui-12-dark", "ui small", ui(OPEN, 12, True, *PRINTER), False
    yield "ui-13-dark", "ui small", ui(SANS, 13, True, *SETTINGS), False
    page = ui(CARLITO, 16, False, *SETTINGS)
    page.image = page.image.resize((round(page.image.width * 0.75), round(page.image.height * 0.75)), Image.LANCZOS)
    yield "ui-scaled-75", "ui scaled", page, False
    rows = [["Peak", "Height", "First climbed", "Route"], ["Ravenfell", "2,418 m", "1869", "North ridge"],
            ["Little Skarn", "1,977 m", "1902", "West face"], ["Old Hannah", "3,051 m", "1884", "The Staircase"],
            ["Brennock", "2,640 m", "1911", "South gully"]]
    page = table(SANS, 13, "Summits of the eastern range", rows, [150, 110, 140, 170])
    jpeg = io.BytesIO()
    page.image.save(jpeg, "JPEG", quality=55)
    page.image = Image.open(jpeg).convert("RGB")
    yield "table-13-jpeg", "table", page, False
    yield "table-12", "table", table(NOTO, 12, "Stock by warehouse", [
        ["Item", "Code", "Berth", "Units", "Price"], ["Hemp rope 12 mm", "HR-12", "A4", "340", "2.15"],
        ["Brass cleat", "BC-07", "C1", "58", "11.90"], ["Signal lamp", "SL-3", "B9", "17", "46.00"],
        ["Tarred twine", "TT-2", "A2", "905", "0.60"]], [180, 100, 90, 90, 90]), False
    yield "tiny-10-noto", "tiny", tiny(NOTO), False
    yield "tiny-10-dark", "tiny", tiny(SANS, True), False
    yield "big-40", "large", plain(CARLITO, 40, ["Ice on the lake", "Do not cross before Saturday, 17:30"], 760), False
    yield "prose-16", "prose", plain(SERIF, 16, PROSE), False
    yield "prose-14-dark", "prose", plain(NOTO, 14, PROSE, dark=True), False
    yield "scan", "scan", scan(plain(SERIF, 22, [
        "Dear Mrs Abernathy,", "Your father's clock has been repaired. The spring was not broken, only tired, and "
        "the new one came from Basel on the 9th. It loses four seconds a week, which I am told is what he liked.",
        "Yours faithfully, Tobias Finch"], 900), 1.6, 7), False
    page = Page(300, 330)
    mono = font(MONO, 14)
    page.put(84, 14, "THE BLUE TEAPOT", mono)
    page.put(60, 34, "Quay 4, Little Haven", mono)
    y = 76
    for item, price in [("2 Pot of tea", "7.60"), ("1 Scone, jam", "3.25"), ("1 Fish pie", "12.40"), ("Subtotal", "23.25"),
                        ("VAT 7 %", "1.52"), ("Total", "24.77"), ("Card ****4410", "24.77")]:
        page.put(24, y, item, mono, listed=False)
        page.put(276 - round(page.draw.textlength(price, font=mono)), y, price, mono, listed=False)
        page.lines.append(f"{item} {price}")
        y += 26
    page.put(24, y + 10, "17.08.2026 15:42 No. 20391", mono)
    yield "receipt-14", "receipt", page, False
    yield "german-14", "languages", plain(OPEN, 14, [
        "Für größere Gepäckstücke stehen Schließfächer im Untergeschoss bereit. Der Schlüssel muss spätestens um "
        "22 Uhr zurückgegeben werden, sonst wird eine Gebühr von 7,50 € fällig.",
        "Bitte prüfen Sie vor der Abfahrt, ob Türen und Fenster geschlossen sind."]), False
    yield "french-13", "languages", plain(NOTO, 13, [
        "Où êtes-vous allés cet été ? À la plage, bien sûr, mais aussi à la forêt où nous avons goûté les mûres.",
        "L'hôtel était complet ; le gérant nous a prêté sa caravane pour 45 € la nuit, café compris."]), False
    yield "polish-15", "languages", plain(CARLITO, 17, [
        "Zeszłej zimy śnieg spadł dopiero w styczniu. Dzieci z żalem patrzyły na zielone wzgórza, aż pewnej nocy "
        "wszystko się zmieniło.", "Łódź przypłynęła później niż zwykle, bo jezioro było częściowo zamarznięte."]), False
    yield "czech-15", "languages", plain(NOTO_SERIF, 15, [
        "Příští vlak odjíždí z druhého nástupiště. Žádáme cestující, aby si připravili jízdenky a nezapomněli na "
        "svá zavazadla."]), False
    yield "spanish-14", "languages", plain(SANS, 14, [
        "¿Cuánto cuesta el billete de ida y vuelta? El próximo autobús sale mañana a las 6:45 desde la estación "
        "pequeña, según el señor Ibáñez."]), False
    yield "chinese-18", "cjk", lines_of(CJK, 18, [
        "图书馆每周一闭馆，其余时间上午九点开门。", "借书期限为三十天，逾期每天收取两角钱。"], 2), False
    yield "chinese-15", "cjk", lines_of(CJK_SERIF, 16, ["小船慢慢地靠近了岸边，孩子们高兴地跳了起来。"], 2), False
    yield "japanese-17", "cjk", lines_of(CJK, 17, [
        "来週の水曜日は休館日です。本は入口の箱に返してください。", "電車は二十分ごとに駅を出ます。"], 0), False
    yield "upright-ja", "upright", upright_columns(), False
    yield "columns-14", "columns", columns(), False
    yield "terminal-13", "terminal", lines_of(FIRA, 13, [
        "ada@willow:~/src$ git log --oneline -3", "9f31c7e Close the socket before the file",
        "41b0d22 Count bytes, not letters", "c8e5a90 Merge branch 'fix/retry'", "ada@willow:~/src$ make -j4 test",
        "[ 96%] Linking target/check_42", "passed: 318, failed: 0 (11.7 s)"]), False
    yield "code-14", "terminal", lines_of(NOTO_MONO, 14, [
        "fn area(width: u32, height: u32) -> u64 {", "let sum = u64::from(width) * u64::from(height);",
        "assert!(sum > 0, \"no area\");", "sum + OFFSET[3]", "}"]), False
    yield "photo", "photo", photo(3), False
    for quarters in (1, 2, 3):
        yield f"turned-{90 * quarters}", "turned", turned(plain(OPEN, 15, PROSE), quarters), False
    yield "slanted-2", "slanted", scan(plain(NOTO, 18, PROSE, 800), -2.0, 11), False
    for name, face, lines, index in [
        ("russian", NOTO, ["Расписание поездов на завтра", "Касса закрывается в 19:30, билеты есть в автомате."], 0),
        ("ukrainian", SERIF, ["Читальна зала працює щодня", "Просимо зберігати тишу та не їсти."], 0),
        ("korean", CJK, ["도서관은 매주 월요일에 쉽니다.", "책은 삼십 일 동안 빌릴 수 있습니다."], 1),
        ("hebrew", "truetype/noto/NotoSansHebrew-Regular.ttf", ["הספרייה סגורה ביום שני", "נא לשמור על השקט"], 0),
        ("thai", "truetype/noto/NotoSansThai-Regular.ttf", ["ห้องสมุดปิดทุกวันจันทร์", "กรุณางดใช้เสียง"], 0),
        ("hindi", "truetype/noto/NotoSansDevanagari-Regular.ttf", ["पुस्तकालय सोमवार को बंद रहता है", "कृपया शांति बनाए रखें"], 0),
        ("arabic", "truetype/noto/NotoSansArabic-Regular.ttf", ["المكتبة مغلقة يوم الاثنين", "الرجاء المحافظة على الهدوء"], 0),
        ("greek", NOTO, ["Η βιβλιοθήκη είναι κλειστή τη Δευτέρα", "Παρακαλούμε κάντε ησυχία στους διαδρόμους"], 0),
        ("vietnamese", NOTO, ["Thư viện đóng cửa vào thứ hai hàng tuần", "Xin vui lòng giữ trật tự và không ăn uống ở đây"], 0),
        ("mixed-russian", NOTO, ["The next train leaves at 14:05", "Следующий поезд отправляется в 14:05",
                                 "Please keep your ticket"], 0),
    ]:
        yield name, "unsupported", lines_of(face, 16, lines, index), True


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    texts = {}
    for name, kind, page, unsupported in pictures():
        page.image.save(folder / f"{name}.png", optimize=True)
        texts[f"{name}.png"] = {"kind": kind, "lines": page.lines} | ({"unsupported": True} if unsupported else {})
    (folder / "texts.json").write_text(json.dumps(texts, ensure_ascii=False, indent=1) + "\n")
    print(f"{len(texts)} pictures in {folder}")


if __name__ == "__main__":
    main()
