// The text of the fake's pictures, as the reader would give it.

import type { PictureText, Point, TextLine } from "../contract";
import { pictures } from "./fake-pictures";

/** A line: text, row, paragraph, then left, top, width and height. */
type Drawn = [text: string, row: number, paragraph: number, x: number, y: number, width: number, height: number];

/** Turns a point around another. */
function around({ x, y }: Point, middle: Point, degrees: number): Point {
  const [sin, cos] = [Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)];
  return { x: middle.x + (x - middle.x) * cos - (y - middle.y) * sin, y: middle.y + (x - middle.x) * sin + (y - middle.y) * cos };
}

/** A whole text: cells of a row have a tab between them, paragraphs that are `apart` an empty line. */
export function textOf(drawn: readonly Drawn[], turned: { middle: Point; degrees: number } = { middle: { x: 0, y: 0 }, degrees: 0 }, apart: readonly number[] = []): PictureText {
  const bytes = new TextEncoder();
  let text = "";
  let [row, paragraph] = [-1, -1];
  const lines = drawn.map(([line, ofRow, ofParagraph, x, y, width, height]): TextLine => {
    if (text !== "") text += ofRow === row ? "\t" : ofParagraph !== paragraph && apart.includes(ofParagraph) ? "\n\n" : "\n";
    [row, paragraph] = [ofRow, ofParagraph];
    const start = bytes.encode(text).length;
    text += line;
    const corners = [{ x, y }, { x: x + width, y }, { x: x + width, y: y + height }, { x, y: y + height }];
    return {
      text: line, box: corners.map((corner) => around(corner, turned.middle, turned.degrees)) as TextLine["box"], confidence: 0.99, row: ofRow, paragraph: ofParagraph,
      source: { start, end: bytes.encode(text).length },
    };
  });
  return { text, lines, unreadable: [], shrunk: null };
}

const notice = textOf(
  [
    ["HARBOUR NOTICE", 0, 0, 379, 304, 627, 54],
    ["The ferry to Inish Beg does", 1, 1, 438, 408, 508, 42],
    ["not sail on Sunday 14 June.", 2, 1, 434, 456, 516, 42],
    ["Mon – Fri", 3, 2, 440, 546, 157, 38],
    ["07:30, 12:15, 17:40", 3, 2, 624, 546, 320, 38],
    ["Saturday", 4, 3, 440, 598, 142, 38],
    ["09:00, 16:20", 4, 3, 740, 598, 204, 38],
    ["Adult, return", 5, 4, 440, 650, 214, 38],
    ["€ 14.50", 5, 4, 826, 650, 118, 38],
    ["Child, bicycle", 6, 5, 440, 702, 226, 38],
    ["€ 6.00", 6, 5, 846, 702, 98, 38],
    ["Be at the pier ten minutes before. Dogs travel free", 7, 6, 374, 798, 636, 29],
    ["on a lead. The harbour office answers at 064 55 19.", 8, 6, 374, 834, 636, 29],
  ],
  { middle: { x: 700, y: 600 }, degrees: -1.2 },
  [1, 2, 6],
);

const dialog = textOf([
  ["Update ready", 0, 0, 6, 3, 110, 24],
  ["Close all programs before you", 1, 1, 9, 38, 215, 20],
  ["start.", 2, 1, 9, 59, 42, 18],
  ["Install later", 3, 2, 159, 90, 99, 26],
], undefined, [2]);

const receipt = textOf([
  ["Mill Lane Bakery", 0, 0, 25, 7, 140, 21],
  ["Bread", 1, 1, 8, 35, 51, 20],
  ["4.80", 1, 1, 143, 35, 41, 20],
  ["Coffee", 2, 2, 7, 57, 59, 21],
  ["2.95", 2, 2, 143, 57, 43, 21],
  ["Honey", 3, 3, 7, 79, 52, 24],
  ["6.40", 3, 3, 142, 79, 44, 24],
  ["Total", 4, 4, 6, 114, 52, 22],
  ["14.15", 4, 4, 134, 115, 51, 22],
  ["Thank you!", 5, 5, 52, 145, 87, 22],
]);

const sign = textOf([["Harbour street", 0, 0, 22, 15, 226, 33]]);

const none: PictureText = { text: "", lines: [], unreadable: [], shrunk: null };

export const texts: Partial<Record<string, PictureText>> = {
  [pictures.notice.id]: notice,
  [pictures.dialog.id]: dialog,
  [pictures.receipt.id]: receipt,
  [pictures.sign.id]: sign,
  [pictures.chart.id]: { ...none, unreadable: [0, 1].map((n) => ({ box: [{ x: 10, y: 20 * n }, { x: 60, y: 20 * n }, { x: 60, y: 20 * n + 12 }, { x: 10, y: 20 * n + 12 }] as TextLine["box"], reason: "unknownLetters" as const })) },
  [pictures.scan.id]: receipt,
  [pictures.scan2.id]: dialog,
  [pictures.scan3.id]: sign,
};

export function textOfPicture(id: string): PictureText {
  return texts[id] ?? none;
}
