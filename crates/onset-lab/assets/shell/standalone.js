// One HTML file that needs no server: it carries its modules, style sheets and data. The modules are those of the lab, which serves them
// to this page. A page on disk cannot import a file beside it, so an import map has each module under its name.

const ASSETS = "/assets/";
const IMPORT = /^((?:import|export) [^;"()]*? from )"([^"]+)";/gm;

// The browser itself refuses to load anything that is not in the file.
const POLICY = "default-src 'none'; script-src 'unsafe-inline' data:; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'";

async function source(name) {
  const answer = await fetch(ASSETS + name);
  if (!answer.ok) throw new Error(`${name} cannot be read from the lab; reload the page`);
  return answer.text();
}

// A module and all that it imports, by their names below `/assets/`. Imports name them so, too.
async function modules(entry) {
  const found = new Map();
  let open = [entry];
  while (open.length) {
    const texts = await Promise.all(open.map(source));
    const wanted = new Set();
    open.forEach((name, at) => found.set(name, texts[at].replace(IMPORT, (_, names, path) => {
      const target = new URL(path, `http://lab${ASSETS}${name}`).pathname.slice(ASSETS.length);
      wanted.add(target);
      return `${names}"${target}";`;
    })));
    open = [...wanted].filter((name) => !found.has(name));
  }
  return found;
}

// Within a script element, only `<` could end it or change its meaning.
const json = (value) => JSON.stringify(value).replaceAll("<", "\\u003c");

const escaped = (text) => text.replace(/[&<>"]/g, (each) => `&#${each.charCodeAt(0)};`);

// A page within another one. It runs in a place of its own: neither can reach the other.
export function embedded({ title, page }) {
  const frame = `<iframe title="${escaped(title)}" sandbox="allow-scripts allow-downloads" loading="lazy" width="100%" height="820" srcdoc="${escaped(page)}"></iframe>\n`;
  // The page around it may have any encoding.
  return frame.replace(/[^\0-\x7f]/gu, (each) => `&#${each.codePointAt(0)};`);
}

// The file: a page with `title` whose `entry` exports `mount(place, data, context)`; `data` is plain.
export async function standalone({ title, entry, styles, data }) {
  const [found, sheets] = await Promise.all([modules(entry), Promise.all(styles.map(source))]);
  const imports = Object.fromEntries([...found].map(([name, text]) => [name, `data:text/javascript,${encodeURIComponent(text)}`]));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>
${sheets.join("\n")}
</style>
<script type="importmap">${json({ imports })}</script>
</head>
<body>
<main id="view" tabindex="-1"></main>
<p class="visually-hidden" id="announcement" role="status"></p>
<noscript><p class="notice">This page needs JavaScript. All of its code is in this file.</p></noscript>
<script type="application/json" id="data">${json(data)}</script>
<script type="module">
import { mount } from "${entry}";
mount(document.getElementById("view"), JSON.parse(document.getElementById("data").textContent), {
  announce: (text) => { document.getElementById("announcement").textContent = text; },
});
</script>
</body>
</html>
`;
}
