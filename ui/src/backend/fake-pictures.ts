import chart from "../../../assets/samples/chart.png?url";
import sign from "../../../assets/samples/sign.png?url";
import dialog from "../../../assets/samples/dialog.png?url";
import receipt from "../../../assets/samples/receipt.png?url";
import notice from "../../browser/pictures/notice.svg?url";
import type { Picture, Sample } from "../contract";

const id = (letter: string): string => letter.repeat(64);

export const pictures = {
  dialog: { id: id("a"), name: "dialog.png", width: 272, height: 128, format: "PNG", bytes: 4964, isAnimation: false, notes: [] },
  receipt: { id: id("b"), name: "receipt.png", width: 192, height: 176, format: "PNG", bytes: 6529, isAnimation: false, notes: [] },
  chart: { id: id("c"), name: "chart.png", width: 208, height: 176, format: "PNG", bytes: 2639, isAnimation: false, notes: [] },
  sign: { id: id("e"), name: "sign.png", width: 256, height: 64, format: "PNG", bytes: 2730, isAnimation: false, notes: [] },
  notice: { id: id("d"), name: "harbour notice.jpg", width: 1600, height: 1200, format: "JPEG", bytes: 684_000, isAnimation: false, notes: [] },
  // A file with three pages, of which the last two were chosen.
  scan: { id: id("f"), name: "letter.tif", width: 192, height: 176, format: "TIFF", bytes: 96_000, isAnimation: true, notes: [{ note: "page", shown: 1, of: 3 }] },
  scan2: { id: `${id("f")}-2`, name: "letter.tif", width: 272, height: 128, format: "TIFF", bytes: 96_000, isAnimation: true, notes: [{ note: "page", shown: 2, of: 3 }] },
  scan3: { id: `${id("f")}-3`, name: "letter.tif", width: 256, height: 64, format: "TIFF", bytes: 96_000, isAnimation: true, notes: [{ note: "page", shown: 3, of: 3 }] },
  // A document of twelve pages.
  report: { id: id("9"), name: "report.pdf", width: 1654, height: 2339, format: "PDF", bytes: 96_000, isAnimation: true, notes: [{ note: "page", shown: 1, of: 12 }] },
  // A scrolled screenshot, which can be taken as ten pages.
  long: { id: id("8"), name: "scrolled.png", width: 800, height: 9000, format: "PNG", bytes: 960_000, isAnimation: false, notes: [] },
} satisfies Record<string, Picture>;

/** A page of a file as a picture of its own. */
export function pageOfFile(of: string, page: number): Picture {
  const [file = of] = of.split("-");
  if (file === pictures.long.id) return { ...pictures.long, id: `${file}-${page}`, height: 1066, isAnimation: true, notes: [{ note: "page", shown: page, of: 10 }] };
  const known = Object.values(pictures).find((one) => one.id === (page === 1 ? file : `${file}-${page}`));
  if (known) return known;
  const first = Object.values(pictures).find((one) => one.id === file) ?? pictures.report;
  return { ...first, id: page === 1 ? file : `${file}-${page}`, notes: [{ note: "page", shown: page, of: 12 }] };
}

export const samples: Sample[] = [
  { name: "dialog", question: "What does the button say?" },
  { name: "receipt", question: "What is the total?" },
  { name: "sign", question: "What does it say?" },
];

const urls: Record<string, string> = {
  [pictures.dialog.id]: dialog,
  [pictures.receipt.id]: receipt,
  [pictures.chart.id]: chart,
  [pictures.sign.id]: sign,
  [pictures.notice.id]: notice,
  [pictures.scan.id]: receipt,
  [pictures.scan2.id]: dialog,
  [pictures.scan3.id]: sign,
  [pictures.report.id]: receipt,
  [pictures.long.id]: notice,
  "sample/dialog": dialog,
  "sample/receipt": receipt,
  "sample/chart": chart,
  "sample/sign": sign,
};

/** The address of a picture. Whole, small and as the model sees it are the same file here. */
export function urlOf(path: string): string {
  const [of = ""] = path.split("/");
  return urls[path] ?? urls[of] ?? urls[of.split("-")[0] ?? ""] ?? `/missing/${path}`;
}
