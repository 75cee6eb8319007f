// What the widget manager asks of the package `sanitize-html` (which brings a parser and postcss along):
// keep the tags and attributes on its list. The browser's own parser does the reading; a document made by
// DOMParser runs no script and loads nothing.
const SAFE_URL = /^(?:(?:https?|mailto|tel):|[^:]*$|[^:]*[/?#])/i;
const WITHOUT_CONTENT = new Set(['SCRIPT', 'STYLE', 'TEXTAREA', 'OPTION', 'NOSCRIPT', 'TEMPLATE']);

function allowed(tag, attribute, rules) {
  const names = [...(rules['*'] ?? []), ...(rules[tag] ?? [])];
  return names.some((name) => (name.endsWith('*') ? attribute.startsWith(name.slice(0, -1)) : attribute === name));
}

function clean(node, { allowedTags, allowedAttributes }) {
  for (const child of [...node.childNodes]) {
    if (child.nodeType === Node.TEXT_NODE) continue;
    const tag = child.nodeType === Node.ELEMENT_NODE ? child.localName : null;
    if (tag === null || WITHOUT_CONTENT.has(child.nodeName.toUpperCase())) {
      child.remove();
      continue;
    }
    clean(child, { allowedTags, allowedAttributes });
    if (!allowedTags.includes(tag)) {
      child.replaceWith(...child.childNodes);
      continue;
    }
    for (const { name, value } of [...child.attributes]) {
      const isUrl = name === 'href' || name === 'src';
      if (!allowed(tag, name, allowedAttributes) || (isUrl && !SAFE_URL.test(value.replace(/[\0-\x20]/g, '')))) {
        child.removeAttribute(name);
      }
    }
  }
}

export default function sanitize(html, rules) {
  const page = new DOMParser().parseFromString(String(html), 'text/html');
  clean(page.body, rules);
  return page.body.innerHTML;
}
