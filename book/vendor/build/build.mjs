// Builds ../widgets, ../mathjax and ../reveal from the packages that package-lock.json pins; see ../README.md.
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';

const here = import.meta.dirname;
const vendor = path.dirname(here);
process.chdir(here);

const common = { bundle: true, minify: true, target: 'es2020', charset: 'utf8', legalComments: 'none', metafile: true, logLevel: 'warning' };
const used = (...results) => results.flatMap((result) => Object.values(result.metafile.outputs)
  .flatMap((output) => Object.entries(output.inputs)).filter(([, { bytesInOutput }]) => bytesInOutput).map(([file]) => file));

// Packages whose archives carry no licence text name it in package.json: the texts are in src/licenses.
const JUPYTER = /^@(jupyter-widgets|lumino)\//;

function licences(title, files) {
  const names = new Set(files.map((file) => file.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1]).filter(Boolean));
  const texts = new Map(); // text -> the packages under it
  for (const name of [...names].sort()) {
    const folder = path.join('node_modules', name);
    const { version, license } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json')));
    const own = fs.readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
    const file = own ? path.join(folder, own) : JUPYTER.test(name) ? 'src/licenses/jupyter.txt' : null;
    if (!file) throw new Error(`${name} ${version} (${license}): no licence text`);
    const text = fs.readFileSync(file, 'utf8').replace(/[ \t\r]+$/gm, '').trim();
    texts.set(text, [...(texts.get(text) ?? []), `${name} ${version} (${license})`]);
  }
  const parts = [...texts].map(([text, packages]) => `${packages.join('\n')}\n${'-'.repeat(72)}\n${text}\n`);
  return `${title} holds code of these packages.\n\n\n${parts.join('\n\n')}`;
}

function folder(name) {
  const place = path.join(vendor, name);
  fs.rmSync(place, { recursive: true, force: true });
  fs.mkdirSync(place, { recursive: true });
  return place;
}

// 1. The widgets, with their style inside.
const widgets = folder('widgets');
const style = await build({ ...common, entryPoints: ['src/widgets.css'], write: false });
const script = await build({
  ...common,
  entryPoints: ['src/widgets.js'],
  outfile: path.join(widgets, 'widgets.min.js'),
  banner: { js: '/* Licences: widgets.LICENSES.txt */' },
  alias: { 'sanitize-html': './src/sanitize.js', jquery: './node_modules/jquery/dist/jquery.slim.js' },
  plugins: [{
    name: 'style',
    setup: ({ onLoad }) => onLoad({ filter: /widgets\.css$/ }, () => ({ contents: style.outputFiles[0].text.trim(), loader: 'text' })),
  }],
});
fs.writeFileSync(path.join(widgets, 'widgets.LICENSES.txt'), licences('widgets.min.js', used(style, script)));

// 2. MathJax and its fonts.
const mathjax = folder('mathjax');
const math = await build({
  ...common,
  entryPoints: ['src/mathjax.js'],
  outfile: path.join(mathjax, 'mathjax.min.js'),
  banner: { js: '/* Licences: mathjax.LICENSES.txt */' },
  define: { global: 'globalThis', __dirname: '"."' }, // MathJax names both, for Node.js
});
fs.writeFileSync(path.join(mathjax, 'mathjax.LICENSES.txt'), licences('mathjax.min.js', used(math)));
const fonts = 'node_modules/mathjax-full/es5/output/chtml/fonts/woff-v2';
fs.mkdirSync(path.join(mathjax, 'mathjax-fonts'));
for (const font of fs.readdirSync(fonts)) fs.copyFileSync(path.join(fonts, font), path.join(mathjax, 'mathjax-fonts', font));

// 3. What slides need; their look is book/slides/slides.css.
const reveal = folder('reveal');
for (const file of ['dist/reveal.js', 'dist/reveal.css']) {
  fs.copyFileSync(path.join('node_modules/reveal.js', file), path.join(reveal, path.basename(file)));
}
fs.writeFileSync(path.join(reveal, 'reveal.LICENSES.txt'), licences('reveal.js', ['node_modules/reveal.js/dist/reveal.js']));

// 4. What came out, so that a test can tell whether anyone touched it.
const sums = [];
for (const place of ['mathjax', 'reveal', 'widgets']) {
  for (const file of fs.readdirSync(path.join(vendor, place), { recursive: true }).map(String).sort()) {
    const whole = path.join(vendor, place, file);
    if (!fs.statSync(whole).isFile()) continue;
    fs.chmodSync(whole, 0o644);
    const sum = createHash('sha256').update(fs.readFileSync(whole)).digest('hex');
    sums.push(`${sum}  ${place}/${file.split(path.sep).join('/')}`);
    if (file.endsWith('.js')) console.log(`${place}/${file}: ${(fs.statSync(whole).size / 1000).toFixed(0)} kB`);
  }
}
fs.writeFileSync(path.join(vendor, 'SHA256SUMS'), `${sums.join('\n')}\n`);
