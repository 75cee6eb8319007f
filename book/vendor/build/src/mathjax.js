// MathJax 3 cut down to what the book's pages use: TeX with AMS in, CHTML out, and MathML for screen readers.
// It is MathJax's own component `tex-chtml` less the menu and less the loading of anything on demand: a macro
// of a package that is not listed in mathjax-components.js appears in red, as its own name.
import './mathjax-setup.js';
import './mathjax-components.js';
import 'mathjax-full/components/src/startup/startup.js';
