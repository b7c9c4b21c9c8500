// Documents that tests make: pages with lines of text, object by object.

/** A document whose pages have these lines each. */
export function pdf(pages) {
  const escaped = (text) => text.replace(/[\\()]/g, (sign) => `\\${sign}`);
  const objects = ["<< /Type /Catalog /Pages 2 0 R >>"];
  const font = 3 + 2 * pages.length;
  const kids = pages.map((_, index) => `${3 + 2 * index} 0 R`).join(" ");
  objects.push(`<< /Type /Pages /Count ${pages.length} /Kids [${kids}] >>`);
  pages.forEach((lines, index) => {
    const text = lines.map((line, nth) => `/F ${nth === 0 ? 34 : 20} Tf (${escaped(line)}) Tj 0 -44 Td`).join("\n");
    const content = `0.9 0.92 0.95 rg 40 ${620 - 12 * index} 515 180 re f\n0 g BT 60 740 Td\n${text}\nET`;
    objects.push(`<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F ${font} 0 R >> >> /Contents ${4 + 2 * index} 0 R >>`);
    objects.push(`<< /Length ${content.length} >>\nstream\n${content}\nendstream`);
  });
  objects.push("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>");
  let file = "%PDF-1.7\n";
  const places = objects.map((object, index) => {
    const at = file.length;
    file += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return at;
  });
  const table = places.map((at) => `${String(at).padStart(10, "0")} 00000 n \n`).join("");
  return `${file}xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF\n`;
}
