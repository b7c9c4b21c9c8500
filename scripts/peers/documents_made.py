"""Documents of many producers, and pictures by libheif's encoder."""

import re
import subprocess
import tempfile
from pathlib import Path

from common import run

A4 = (595.28, 841.89)
A0 = (2383.94, 3370.39)
TEX = r"""
\documentclass{article}\usepackage[T1]{fontenc}\usepackage{lmodern,amsmath}\begin{document}
\section{On lenses}Rays through the centre of a thin lens go straight on. Of a lens with focal length $f$,
\begin{equation}\frac1f=(n-1)\left(\frac1{R_1}-\frac1{R_2}+\frac{(n-1)d}{nR_1R_2}\right),\qquad
\int_0^\infty e^{-x^2}\,dx=\frac{\sqrt\pi}2.\end{equation}
\begin{tabular}{l|rr}glass&$n$&$\nu$\\\hline BK7&1.5168&64.17\\SF11&1.7847&25.76\end{tabular}
\newpage\section{Rules}\rule{4cm}{1pt}\par{\tiny As small as it gets, and }{\Huge as large.}\textit{Italics}, \textbf{bold},
\texttt{monospaced}, \textsc{Small Capitals}: fi ff ffi --- \S\,7, \copyright{} \ss{} \'e \~n \c{c}.
\newpage\begin{center}\setlength{\unitlength}{1mm}\begin{picture}(80,80)\put(40,40){\circle{40}}\put(40,40){\circle*{3}}
\put(0,0){\line(1,1){80}}\put(0,40){\vector(1,0){80}}\qbezier(0,0)(40,80)(80,0)\end{picture}\end{center}\end{document}
"""
PAGE = """<!doctype html><meta charset="utf-8"><style>body{font:14px/1.5 'Liberation Sans'}td,th{border:1px solid #888;
padding:4px 9px}.c{background:#def;border-radius:12px;padding:12px}h1{color:#823}
.g{height:80px;background:linear-gradient(90deg,#f80,#08f)}</style>
<h1>Timetable of the ferry</h1><p class=c>Dogs travel <b>free</b>; bicycles cost 2.50 €. <a href="https://example.org">More</a></p>
<table><tr><th>from</th><th>leaves</th><th>comes back</th></tr>ROWS</table><div class=g></div>
<p style="page-break-before:always">Second page: <i>italics</i>, <code>code &amp; more</code>, <s>struck</s>, x<sup>2</sup></p>
<ul><li>one<li>two<ul><li>two and a half</ul></ul>"""
WORDS = "harbour lantern measure gravel orchard violet thunder pencil marble window summer copper".split()


def html():
    rows = (f"<tr><td>{word}</td><td>{8 + i}:15</td><td>{9 + i}:40</td></tr>" for i, word in enumerate(WORDS))
    return PAGE.replace("ROWS", "".join(rows))


def cairo_page(context, page, size):
    """Text, a gradient, what is half transparent, and a dashed curve."""
    import cairocffi as cairo

    width, height = size
    unit = width / 600
    context.set_source_rgb(0, 0, 0)
    context.select_font_face("DejaVu Serif")
    for i, word in enumerate(WORDS):
        context.set_font_size((9 + 2 * i) * unit)
        context.move_to(60 * unit, (90 + 30 * i) * unit)
        context.show_text(f"{word} {page * 12 + i}: {' '.join(WORDS[: 1 + i % 4])}")
    fade = cairo.RadialGradient(300 * unit, 600 * unit, 10 * unit, 300 * unit, 600 * unit, 150 * unit)
    fade.add_color_stop_rgb(0, 0.95, 0.8, 0.1)
    fade.add_color_stop_rgb(1, 0.1, 0.3, 0.6)
    context.set_source(fade)
    context.rectangle(100 * unit, 480 * unit, 400 * unit, 220 * unit)
    context.fill()
    context.set_source_rgba(0.1, 0.6, 0.2, 0.5)
    context.arc(260 * unit, 620 * unit, 90 * unit, 0, 7)
    context.fill()
    context.set_source_rgb(0, 0, 0)
    context.set_dash([9 * unit, 4 * unit])
    context.set_line_width(2 * unit)
    context.curve_to(60 * unit, 700 * unit, 200 * unit, 400 * unit, 500 * unit, 750 * unit)
    context.stroke()


def by_cairo(path, size, n_pages):
    import cairocffi as cairo

    surface = cairo.PDFSurface(str(path), *size)
    context = cairo.Context(surface)
    for page in range(n_pages):
        cairo_page(context, page, size)
        context.show_page()
    surface.finish()


def form(path):
    from reportlab.pdfgen import canvas

    page = canvas.Canvas(str(path), (420, 300))
    page.setFont("Helvetica", 14)
    page.drawString(40, 250, "Name")
    page.acroForm.textfield(value="Ada Lovelace", x=120, y=240, width=200)
    page.drawString(40, 200, "Comes by ferry")
    page.acroForm.checkbox(checked=True, x=150, y=195)
    page.acroForm.choice(value="Monday", options=["Monday", "Friday"], x=120, y=150, width=120)
    page.linkURL("https://example.org", (40, 90, 200, 120))
    page.drawString(40, 100, "A link, in a font that is not embedded")
    page.save()


def thousand(path):
    from reportlab.pdfgen import canvas

    page = canvas.Canvas(str(path), A4)
    for number in range(1, 1001):
        page.setFont("Times-Roman", 12)
        for line in range(40):
            page.drawString(72, 770 - 17 * line, f"Page {number}, line {line}: {' '.join(WORDS[line % 12:])}")
        page.showPage()
    page.save()


def photograph(path, width=1200, height=900):
    """Smooth colours, hard edges and grain, as a photograph has them."""
    import numpy as np
    from PIL import Image, ImageDraw

    y, x = np.mgrid[0:height, 0:width] / 100
    channels = [128 + 100 * np.sin(x * a + y * b) for a, b in ((0.5, 0.2), (0.3, 0.6), (0.8, 0.1))]
    grain = np.random.default_rng(7).normal(0, 6, (height, width, 1))
    picture = Image.fromarray((np.stack(channels, -1) + grain).clip(0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((200, 150, 600, 500), fill=(230, 40, 30), outline="black", width=5)
    draw.ellipse((650, 300, 1000, 650), fill=(20, 90, 200))
    picture.save(path)


def make(folder):
    """Makes all of it and returns the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        return documents(folder, Path(scratch)) + pictures(folder, Path(scratch))


def documents(folder, scratch):
    (scratch / "tex.tex").write_text(TEX)
    run("pdflatex", "-interaction=batchmode", "-output-directory", scratch, scratch / "tex.tex")
    (scratch / "tex.pdf").replace(folder / "tex.pdf")
    (scratch / "page.html").write_text(html())
    run("soffice", f"-env:UserInstallation=file://{scratch}/profile", "--headless", "--writer", "--convert-to", "pdf",
        "--outdir", scratch, scratch / "page.html")
    (scratch / "page.pdf").replace(folder / "libreoffice.pdf")
    run("chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={scratch}/chromium",
        f"--print-to-pdf={folder / 'chromium.pdf'}", scratch / "page.html")
    by_cairo(folder / "cairo.pdf", A4, 2)
    by_cairo(folder / "a0.pdf", A0, 1)
    run("gs", "-q", "-dNOPAUSE", "-dBATCH", "-sDEVICE=pdfimage24", "-r200", f"-sOutputFile={folder / 'scan.pdf'}",
        folder / "tex.pdf")
    photograph(scratch / "photograph.png")
    run("gs", "-q", "-dNOPAUSE", "-dBATCH", "-sDEVICE=tiffg4", "-r200",
        f"-sOutputFile={scratch / 'fax.tiff'}", folder / "tex.pdf")
    from PIL import Image

    Image.open(scratch / "photograph.png").save(scratch / "photograph.jpg", quality=85)
    run("img2pdf", scratch / "photograph.jpg", scratch / "photograph.png", scratch / "fax.tiff", "-o",
        folder / "img2pdf.pdf")
    form(folder / "form.pdf")
    thousand(folder / "thousand.pdf")
    run("qpdf", folder / "tex.pdf", "--rotate=90:1", "--rotate=180:2", "--rotate=270:3", folder / "turned.pdf")
    run("qpdf", "--encrypt", "secret", "owner", "256", "--", folder / "libreoffice.pdf", folder / "encrypted.pdf")
    (folder / "encrypted.password").write_text("secret\n")
    by_cairo(folder / "point.pdf", (1, 1), 1)
    whole = (folder / "chromium.pdf").read_bytes()
    broken = re.sub(rb"startxref\s+\d+", b"startxref\n7", whole)
    (folder / "damaged.pdf").write_bytes(broken)
    names = ["libreoffice", "cairo", "tex", "chromium", "scan", "img2pdf", "form", "turned", "a0", "point", "encrypted",
             "thousand", "damaged"]
    return [folder / f"{name}.pdf" for name in names]


def pictures(folder, scratch):
    """HEIC in 8 and 10 bits, lossless, with alpha, and of odd sides."""
    from PIL import Image

    photograph(scratch / "p.png")
    photograph(scratch / "odd.png", 641, 363)
    picture = Image.open(scratch / "p.png").convert("RGBA")
    picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    picture.save(scratch / "alpha.png")
    made = []
    for name, source, options in [
        ("8-bits", "p", ["-q", "80"]),
        ("10-bits", "p", ["-q", "80", "-b", "10"]),
        ("444", "p", ["-q", "90", "-p", "chroma=444"]),
        ("lossless", "odd", ["-L", "-p", "chroma=444"]),
        ("odd", "odd", ["-q", "60"]),
        ("alpha", "alpha", ["-q", "80"]),
    ]:
        path = folder / f"{name}.heic"
        done = subprocess.run(["heif-enc", *options, scratch / f"{source}.png", "-o", path], capture_output=True, text=True)
        if done.returncode or not path.exists():
            print(f"heif-enc made no {name}: {(done.stderr or done.stdout).strip()}")
            continue
        made.append(path)
    return made
