// What has to be said before the components are read.
import 'mathjax-full/components/src/startup/init.js';
import { combineDefaults } from 'mathjax-full/js/components/global.js';
import { Loader } from 'mathjax-full/js/components/loader.js';
import { Package } from 'mathjax-full/js/components/package.js';

Loader.preLoad(
  'loader', 'startup', 'core', 'input/tex', 'input/tex-base', 'output/chtml', 'output/chtml/fonts/tex.js',
  'a11y/assistive-mml',
);
// The fonts lie beside this file.
combineDefaults(MathJax.config, 'chtml', { fontURL: Package.resolvePath('mathjax-fonts', false) });
