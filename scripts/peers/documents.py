"""pages of PDFs beside pdftoppm, HEIC pictures beside libheif

Each page of every FILE is drawn by both at the same size and compared: SSIM of the grey values, 1 if they are equal,
and the mean difference of a channel, of 255. Of a document with many pages some are compared, spread over the whole.
`--make FOLDER` makes documents of a dozen producers there first, and pictures by heif-enc. `--save FOLDER` writes
both sides of what is under the bound.

poppler-utils and libheif-examples must be installed; for `--make` also ghostscript, qpdf, img2pdf, pdflatex,
LibreOffice and Chromium. The Python packages come into an environment of their own in cargo's target folder.
"""

import argparse
import shutil
import subprocess
import tempfile
from pathlib import Path

from common import ROOT, environment, run, target

PACKAGES = ["scikit-image==0.26.0", "pillow==12.0.0", "reportlab==4.4.4", "cairocffi==1.7.1"]
BOUND = 0.95
MOST_PAGES = 8


def add_options(parser):
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--make", type=Path, metavar="FOLDER", help="make documents there, and compare them too")
    parser.add_argument("--save", type=Path, metavar="FOLDER", help="write both sides of what is under the bound")
    parser.add_argument("--password", help="of encrypted documents")
    parser.add_argument("--program", type=Path, help="the example `pages` [default: the release build, made first]")
    parser.add_argument("--venv", type=Path, help="an environment that has those packages")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)


def ours(program, path, folder, password):
    """Returns for each page its number, size, milliseconds and notes; the pictures lie in the folder."""
    done = subprocess.run([program, path, folder, *password], capture_output=True, text=True)
    if done.returncode:
        return [], done.stderr.strip()
    pages = []
    for line in done.stdout.splitlines():
        number, width, height, ms, note = line.split("\t")
        pages.append({"page": int(number), "size": (int(width), int(height)), "ms": int(ms), "note": note})
    return pages, ""


def theirs(path, page, folder, password, size):
    """Draws the page with the other program at the size of ours. Returns the picture's path, or what went wrong."""
    width, height = size
    out = folder / f"theirs-{page['page']}"
    if path.suffix == ".pdf":
        command = ["pdftoppm", "-png", "-cropbox", "-singlefile", "-f", page["page"], "-l", page["page"]]
        command += ["-scale-to-x", width, "-scale-to-y", height]
        command += ["-upw", password[0]] if password else []
        command += [path, out]
    else:
        program = shutil.which("heif-dec") or "heif-convert"
        command = [program, path, f"{out}.png"]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    picture = out.with_suffix(".png")
    return picture if picture.exists() else done.stderr.strip().splitlines()[-1]


def compared(one, other):
    """Returns SSIM of the grey values and the mean difference of a channel, both laid on white."""
    import numpy as np
    from PIL import Image
    from skimage.metrics import structural_similarity

    def flat(path):
        picture = Image.open(path)
        if picture.mode == "I;16":
            picture = Image.fromarray((np.asarray(picture) / 257).round().astype(np.uint8))
        picture = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")

    one, other = flat(one), flat(other)
    if one.size != other.size:
        return None, None
    mean = np.abs(np.asarray(one, dtype=np.float32) - np.asarray(other, dtype=np.float32)).mean()
    grey = [np.asarray(picture.convert("L")) for picture in (one, other)]
    side = min(grey[0].shape)
    if side < 7:  # smaller than the window of SSIM
        return 1 - float(mean) / 255, float(mean)
    return float(structural_similarity(*grey)), float(mean)


def spread(pages):
    """Returns the pages to compare, the first and the last among them."""
    if len(pages) <= MOST_PAGES:
        return pages
    return [pages[round(i * (len(pages) - 1) / (MOST_PAGES - 1))] for i in range(MOST_PAGES)]


def main(args):
    if not args.inside:
        python = environment("documents-venv", PACKAGES, args.venv)
        program = args.program
        if not program:
            run("cargo", "build", "--release", "-p", "lorgnette-image", "--example", "pages", cwd=ROOT)
            program = target() / "release/examples/pages"
        rest = [*args.files, "--inside", "--program", program]
        for name in ("make", "save", "password"):
            value = getattr(args, name)
            rest += [f"--{name}", value] if value else []
        return subprocess.run([python, ROOT / "scripts/compare", "documents", *map(str, rest)]).returncode
    files = list(args.files)
    if args.make:
        from peers import documents_made

        files += documents_made.make(args.make)
    found = []
    print("| file | page | pixels | ms | SSIM | mean difference | notes |\n|---|---|---|---|---|---|---|")
    for path in files:
        password = [args.password or documents_password(path)]
        password = [word for word in password if word]
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            pages, error = ours(args.program, path, folder, password)
            if error:
                print(f"| {path.name} | | | | | | {error} |", flush=True)
                continue
            for page in spread(pages):
                if page["size"] == (0, 0):
                    print(f"| {path.name} | {page['page']} | | | | | {page['note']} |", flush=True)
                    continue
                other = theirs(path, page, folder, password, page["size"])
                one = folder / f"{page['page']}.png"
                size = "{} × {}".format(*page["size"])
                begin = f"| {path.name} | {page['page']} | {size} | {page['ms']} |"
                if isinstance(other, str):
                    print(f"{begin} | | {page['note']}; the other program: {other} |", flush=True)
                    continue
                ssim, mean = compared(one, other)
                if ssim is None and path.suffix == ".pdf":
                    # pdftoppm scales a page before it turns it.
                    other = theirs(path, page, folder, password, page["size"][::-1])
                    ssim, mean = compared(one, other)
                if ssim is None:
                    print(f"{begin} | | {page['note']}; the other program's has another size |", flush=True)
                    continue
                print(f"{begin} {ssim:.4f} | {mean:.2f} | {page['note']} |", flush=True)
                found.append(ssim)
                if args.save and ssim < BOUND:
                    args.save.mkdir(parents=True, exist_ok=True)
                    shutil.copy(one, args.save / f"{path.stem}-{page['page']}-ours.png")
                    shutil.copy(other, args.save / f"{path.stem}-{page['page']}-theirs.png")
    found.sort()
    n_under = sum(ssim < BOUND for ssim in found)
    print(f"{len(found)} compared, {n_under} under {BOUND}, worst {found[:3]}")
    return 0 if found else 1


def documents_password(path):
    """Returns the password of a document that `--make` made."""
    known = path.with_suffix(".password")
    return known.read_text().strip() if known.exists() else None
