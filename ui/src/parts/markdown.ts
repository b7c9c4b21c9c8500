// A model's answer -> HTML that can do nothing. Order matters: everything is rendered first, DOMPurify comes last.
// Links become buttons that only name their address, pictures become their alt text, HTML is shown as the text it is.

import DOMPurify from "dompurify";
import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import cpp from "highlight.js/lib/languages/cpp";
import csharp from "highlight.js/lib/languages/csharp";
import css from "highlight.js/lib/languages/css";
import diff from "highlight.js/lib/languages/diff";
import go from "highlight.js/lib/languages/go";
import ini from "highlight.js/lib/languages/ini";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import markdown from "highlight.js/lib/languages/markdown";
import python from "highlight.js/lib/languages/python";
import rust from "highlight.js/lib/languages/rust";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";
import { Marked, type Token, type Tokens, type TokensList, type TokenizerAndRendererExtension } from "marked";

const languages = {
  bash, c, cpp, csharp, css, diff, go, ini, java, javascript, json, markdown, python, rust, sql, typescript, xml, yaml,
};
for (const [name, language] of Object.entries(languages)) hljs.registerLanguage(name, language);

/** Escapes what is not yet escaped in a text whose special signs are escaped already. */
function escapeAgain(text: string): string {
  return text.replace(/[<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

export interface MarkdownWords {
  picture(alt: string): string;
  copyCode: string;
}

/** Above this a block is shown as plain text: it is no prose, and parsing it would hold the window up. */
const MAX_BLOCK_CHARS = 50_000;
const MAX_HIGHLIGHT_CHARS = 20_000;
/** A line that begins with more quotes and bullets than any text has. */
const TOO_DEEP = /^(?:[ \t]*(?:>|[-*+]|\d+[.)])){40}/m;

export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** Formulas stay as they were written: no script draws them, and `_` in them is no emphasis. */
function formula(name: string, level: "block" | "inline", pattern: RegExp, start: RegExp): TokenizerAndRendererExtension {
  return {
    name,
    level,
    start: (source) => {
      const at = source.search(start);
      return at < 0 ? undefined : at;
    },
    tokenizer: (source) => {
      const raw = pattern.exec(source)?.[0];
      return raw === undefined ? undefined : { type: name, raw, text: raw.trim() };
    },
    renderer: (token) => (level === "block" ? `<p><code class="formula">${escape(String(token["text"]))}</code></p>` : `<code class="formula">${escape(String(token["text"]))}</code>`),
  };
}

function marked(words: MarkdownWords): Marked {
  return new Marked({
    gfm: true,
    breaks: true,
    extensions: [
      formula("formulaBlock", "block", /^(?:\$\$[^$]{1,4000}?\$\$|\\\[[\s\S]{1,4000}?\\\])(?:\n|$)/, /\$\$|\\\[/),
      formula("formulaInline", "inline", /^(?:\$\$[^$\n]{1,1000}?\$\$|\\\([^\n]{1,1000}?\\\)|\$(?! )[^$\n]{1,500}?[^\s$\\]\$(?!\d))/, /\$|\\\(/),
    ] as never,
    renderer: {
      html: ({ text }: Tokens.HTML | Tokens.Tag) => escape(text),
      image({ text, tokens }: Tokens.Image) {
        const alt = this.parser.parseInline(tokens, this.parser.textRenderer);
        return tokens.length > 0 ? escapeAgain(words.picture(alt)) : escape(words.picture(text));
      },
      link({ href, tokens }: Tokens.Link) {
        return `<button type="button" class="link" data-address="${escape(href)}">${this.parser.parseInline(tokens)}</button>`;
      },
      checkbox: ({ checked }: Tokens.Checkbox) => (checked ? "☑ " : "☐ "),
      code: ({ text, lang }: Tokens.Code) => {
        const name = (lang ?? "").trim().split(/\s/)[0]?.toLowerCase() ?? "";
        const known = hljs.getLanguage(name) !== undefined && text.length <= MAX_HIGHLIGHT_CHARS;
        const body = known ? hljs.highlight(text, { language: name, ignoreIllegals: true }).value : escape(text);
        const label = known ? `<span>${escape(name)}</span>` : "<span></span>";
        return `<div class="code"><div class="bar">${label}<button type="button" class="copy" data-copy="code">${escape(words.copyCode)}</button></div><pre tabindex="0"><code>${body}</code></pre></div>`;
      },
      table(token: Tokens.Table) {
        const cell = (tag: "th" | "td", one: Tokens.TableCell): string => {
          const align = one.align ? ` class="${one.align}"` : "";
          return `<${tag}${tag === "th" ? ' scope="col"' : ""}${align}>${this.parser.parseInline(one.tokens)}</${tag}>`;
        };
        const head = token.header.map((one) => cell("th", one)).join("");
        const rows = token.rows.map((row) => `<tr>${row.map((one) => cell("td", one)).join("")}</tr>`).join("");
        return `<div class="table" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table></div>`;
      },
      // An answer stands under the headings of the window, so its own begin lower.
      heading({ tokens, depth }: Tokens.Heading) {
        const level = Math.min(6, depth + 3);
        return `<h${level} class="h${depth}">${this.parser.parseInline(tokens)}</h${level}>`;
      },
    },
  });
}

const TAGS = [
  "p", "br", "hr", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "h4", "h5", "h6",
  "table", "thead", "tbody", "tr", "th", "td", "span", "div", "button",
];
const ATTRIBUTES = ["class", "type", "data-address", "data-copy", "start", "scope", "tabindex"];
const CLASSES = /^(?:hljs-[\w-]+|[\w-]+_|link|copy|code|bar|table|formula|left|right|center|h[1-6])$/;

let purifier: ReturnType<typeof DOMPurify> | null = null;

function sanitise(html: string): string {
  if (!purifier) {
    purifier = DOMPurify(window);
    purifier.addHook("uponSanitizeAttribute", (_node, data) => {
      if (data.attrName !== "class") return;
      data.attrValue = data.attrValue.split(/\s+/).filter((name) => CLASSES.test(name)).join(" ");
    });
  }
  return purifier.sanitize(html, {
    ALLOWED_TAGS: TAGS, ALLOWED_ATTR: ATTRIBUTES, ALLOW_DATA_ATTR: false, ALLOW_ARIA_ATTR: false, ALLOW_UNKNOWN_PROTOCOLS: false,
    // The address is only text here: it is shown and asked about, never followed.
    ADD_URI_SAFE_ATTR: ["data-address"], KEEP_CONTENT: true, RETURN_TRUSTED_TYPE: false,
  });
}

export type Block = { key: string; html: string } | { key: string; plain: string };

/** The beginning of a growing answer, whose blocks no longer change. */
interface Settled {
  raw: string;
  blocks: Block[];
}

const NOTHING: Settled = { raw: "", blocks: [] };
/** The last blocks of a growing answer may still become part of each other, as a list and the item after a blank line do. */
const UNSETTLED = 4;

export class MarkdownRenderer {
  #marked: Marked;
  #known = new Map<string, string>();
  #settled = NOTHING;

  constructor(words: MarkdownWords) {
    this.#marked = marked(words);
  }

  /**
   * The blocks of an answer. While it is `growing`, what is settled is neither parsed nor rendered again, so a long answer
   * costs its last paragraphs per step; when it is whole, all of it is parsed once more.
   */
  blocks(text: string, growing = false): Block[] {
    const plain: Block[] = [{ key: "plain", plain: text }];
    if (hasHugeLine(text) || TOO_DEEP.test(text)) return plain;
    try {
      return this.#blocks(text, growing);
    } catch (fault) {
      if (fault instanceof RangeError) return plain; // nested deeper than the stack
      throw fault;
    }
  }

  #blocks(text: string, growing: boolean): Block[] {
    const settled = growing && text.startsWith(this.#settled.raw) ? this.#settled : NOTHING;
    const tokens = this.#marked.lexer(text.slice(settled.raw.length));
    const fresh = new Map<string, string>();
    const blockOf = (token: Token): { html: string } | { plain: string } => {
      if (token.raw.length > MAX_BLOCK_CHARS) return { plain: token.raw };
      const html = fresh.get(token.raw) ?? this.#known.get(token.raw) ?? this.#render(token, tokens);
      fresh.set(token.raw, html);
      return { html };
    };
    const blocks = [...settled.blocks];
    let raw = settled.raw;
    this.#settled = settled;
    tokens.forEach((token, index) => {
      if (growing && index === tokens.length - UNSETTLED && text.startsWith(raw)) this.#settled = { raw, blocks: [...blocks] };
      raw += token.raw;
      if (token.type !== "space" && token.type !== "def") blocks.push({ key: `${blocks.length}`, ...blockOf(token) });
    });
    this.#known = fresh;
    return blocks;
  }

  #render(token: Token, all: TokensList): string {
    const one = Object.assign([token], { links: all.links });
    return sanitise(this.#marked.parser(one));
  }
}

function hasHugeLine(text: string): boolean {
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf("\n", at);
    if ((end < 0 ? text.length : end) - at > MAX_BLOCK_CHARS) return true;
    if (end < 0) return false;
    at = end + 1;
  }
  return false;
}
