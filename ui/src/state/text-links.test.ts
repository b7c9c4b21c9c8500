import { expect, it } from "vitest";
import { linksIn } from "./text-links";

function check(line: string, expected: string[]): void {
  const links = linksIn(line);
  expect(links.map(({ kind, target }) => `${kind} ${target}`), line).toEqual(expected);
  for (const { start, end, target } of links) expect(target.endsWith(line.slice(start, end).replace(/^www\./i, "www.")) || target === line.slice(start, end), line).toBe(true);
}

it("addresses are known, without what stands around them", () => {
  check("See https://harbour.example/inish-beg?a=1, or ask.", ["web https://harbour.example/inish-beg?a=1"]);
  check("(http://a.example/b_(c)) and www.ferry.example.", ["web http://a.example/b_(c)", "web https://www.ferry.example"]);
  check("ferry.com/times – lake.co.uk", ["web https://ferry.com/times", "web https://lake.co.uk"]);
  check("https:// www. http", []);
  check("Write to Ada.L+x@mail.example.org now", ["mail Ada.L+x@mail.example.org"]);
  check("https://me@host.org/x", ["web https://me@host.org/x"]);
});

it("numbers that are called are known, and other numbers are none", () => {
  check("Tel. +353 (0)64 55 19 20 or 064 551 9200", ["phone +353 (0)64 55 19 20", "phone 064 551 9200"]);
  check("Call (555) 123-4567.", ["phone (555) 123-4567"]);
  check("0301234567", ["phone 0301234567"]);
  for (const line of ["14.06.2026", "2026-06-14 07:30", "192.168.100.200", "Total 1,250,000.00", "0.1234567", "Error 0x80070005", "1 234 567", "12/11/2024", "07 06 2026", "Nr. 4711081512345678901234", "v1.2.3.4567", "07:30, 12:15, 17:40"]) check(line, []);
});

it("names of files and of programs are no addresses", () => {
  for (const line of ["main.rs", "node.js", "report.pdf", "e.g. this", "C:\\dir\\file.com.txt", "a@b", "README.md"]) check(line, []);
});
