"""The vendored scripts: untouched since they were built, and what they do in a page with no network."""

from __future__ import annotations

import hashlib
import json
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest
from rendered import watched
from serving import served

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "book" / "vendor"
NAMES = ROOT / "book" / "_static" / "accessible-widgets.js"

# As Sphinx and MyST write it into a page with formulas.
MATHJAX_CONFIG = '{"options": {"processHtmlClass": "tex2jax_process|mathjax_process|math|output_area"}}'
FORMULAS = [
    r"\(x[n] = \sin(2\pi f_0 n / f_s)\)",
    r"\[\begin{align} a &= b \\ c &= \sum_{k=0}^{N-1} d_k \end{align}\]",
    r"\[f(x) = \begin{cases} 1 & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases}\]",
    r"\[\hat{\boldsymbol\theta} = \operatorname*{arg\,min}_{\boldsymbol\theta} \mathbb{E}[\ell]\]",
    r"\(z \sim \mathcal{N}(0, \sigma^2)\)",
    r"\[\underset{t}{\max}\, \underbrace{x + y}_{\text{sum}} \coloneqq \mathrm{MAE}\]",
    r"\(\bigl\lVert X \bigr\rVert_2^2 \le 10^{-3}\,\mathrm{dB} \quad \tfrac12 \binom{n}{k}\)",
    r"\[\begin{bmatrix} 1 & 0 \\ 0 & 1 \end{bmatrix} \overset{!}{=} \mathbf{I},\ \phi \in \mathbb{R}\]",
    r"\[\begin{split}y &= \cancel{x} + \color{red}{w} \\ &\xrightarrow{\text{stft}} Y\end{split}\]",
]
CHILD_BYTES = 30_000


def sums() -> dict[str, str]:
    lines = (VENDOR / "SHA256SUMS").read_text("utf-8").splitlines()
    return {name: digest for digest, name in (line.split("  ", 1) for line in lines)}


def test_files_are_as_they_were_built():
    present = {
        file.relative_to(VENDOR).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for folder in ("mathjax", "reveal", "widgets")
        for file in (VENDOR / folder).rglob("*")
        if file.is_file()
    }
    assert present == sums()


def test_weight():
    assert (VENDOR / "widgets" / "widgets.min.js").stat().st_size <= 600_000
    assert (VENDOR / "mathjax" / "mathjax.min.js").stat().st_size <= 800_000


def test_lock_file_pins_every_package_and_names_no_host():
    text = (VENDOR / "build" / "package-lock.json").read_text("utf-8")
    packages = {name: entry for name, entry in json.loads(text)["packages"].items() if name}
    assert packages
    assert [name for name, entry in packages.items() if not entry.get("integrity")] == []
    assert '"resolved"' not in text


def test_widgets_are_those_of_the_installed_ipywidgets():
    from ipywidgets import _version

    script = (VENDOR / "widgets" / "widgets.min.js").read_text("utf-8")
    assert _version.__jupyter_widgets_base_version__ == "2.0.0"
    assert _version.__jupyter_widgets_controls_version__ == "2.0.0"
    for name in ("IntSliderView", "SelectionSliderView", "ToggleButtonsView", "StackView", "LinkModel"):
        assert name in script


def a_page(*, theme: str = "light") -> str:
    """A page as the book renders one: a Stack of Stacks, each of its controls, and formulas."""
    import ipywidgets as w
    from ipywidgets.embed import embed_data, escape_script

    filler = "<i></i>" * (CHILD_BYTES // 7)

    def child(i, j):
        return w.HTML(f"<p class='child'>row {i}, column {j}</p><div hidden>{filler}</div>")

    rows = [w.Stack([child(i, j) for j in range(3)], selected_index=0) for i in range(6)]
    stack = w.Stack(rows, selected_index=0)
    row = w.IntSlider(value=0, min=0, max=5, description="Row")
    pitch = w.SelectionSlider(
        options=[f"{f} Hz" for f in (110, 220, 330, 440, 550, 660)], description="Pitch"
    )
    column = w.ToggleButtons(options=["low", "middle", "high"], description="Column")
    menu = w.Dropdown(options=["low", "middle", "high"], description="Menu")
    play = w.Play(min=0, max=5, interval=60)
    links = [
        w.jslink((control, name), (stack, "selected_index"))
        for control, name in ((row, "value"), (pitch, "index"))
    ]
    links.append(w.jslink((play, "value"), (row, "value")))
    for inner in rows:
        links.append(w.jslink((column, "index"), (inner, "selected_index")))
    links.append(w.jslink((menu, "index"), (column, "index")))
    box = w.VBox([w.HBox([play, row]), pitch, column, menu, stack])
    data = embed_data(views=[box])
    state = escape_script(json.dumps(data["manager_state"]))
    views = "".join(
        f'<script type="application/vnd.jupyter.widget-view+json">{json.dumps(spec)}</script>'
        for spec in data["view_specs"]
    )
    w.Widget.close_all()
    colors = "background:#14181e;color:#ced6dd" if theme == "dark" else "background:#fff;color:#1f2328"
    formulas = "".join(f'<p class="math notranslate">{formula}</p>' for formula in FORMULAS)
    return f"""<!doctype html><html lang="en" data-theme="{theme}"><head><meta charset="utf-8">
<title>Page</title><meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<script src="accessible-widgets.js"></script>
<script>window.MathJax = {MATHJAX_CONFIG}</script><script defer src="mathjax.min.js?v=1"></script>
<script defer src="widgets.min.js"></script><script defer src="widgets.min.js"></script></head>
<body style="{colors};font-family:sans-serif"><main><h1>A page</h1>
<section class="tex2jax_ignore mathjax_ignore"><p id="prose">Costs \\(not a formula\\) here.</p>{formulas}
<div class="output">{views}</div></section></main>
<script type="application/vnd.jupyter.widget-state+json">{state}</script></body></html>"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the page in two themes, and its scripts beside it, as in the rendered book."""
    place = tmp_path_factory.mktemp("page")
    for part in ("mathjax", "widgets"):
        shutil.copytree(VENDOR / part, place, dirs_exist_ok=True)
    shutil.copy(NAMES, place)
    for theme in ("light", "dark"):
        (place / f"{theme}.html").write_text(a_page(theme=theme), "utf-8")
    return place


@pytest.fixture(scope="module", params=["server", "disk"])
def address(request, folder):
    if request.param == "disk":
        yield folder.as_uri()
        return
    with served(folder) as url:
        yield url


@contextmanager
def drawn(browser, url, **options):
    """Draw widgets and formulas; in the end nothing may have been asked of others or complained of."""
    with watched(browser, url, **options) as opened:
        opened.page.set_default_timeout(4000)
        opened.page.wait_for_selector(".widget-stack .child")
        opened.page.wait_for_selector("mjx-container")
        yield opened.page
        assert opened.foreign() == []
        assert opened.complaints == []


@pytest.fixture
def page(browser, address):
    """The light page."""
    with drawn(browser, f"{address}/light.html") as opened:
        yield opened


CHILD = (
    "() => [...document.querySelectorAll('.child')]"
    ".filter(e => e.offsetParent).map(e => e.textContent).join()"
)


def shows(page, text: str) -> None:
    page.wait_for_function(f"(text) => ({CHILD})() === text", arg=text, timeout=2000)


@pytest.mark.browser
def test_widgets_are_drawn_once_and_move_by_keys(page):
    assert page.locator(".widget-subarea > *").count() == 1
    assert page.locator(".widget-stack").count() == 2  # the outer one and the row that it shows
    shows(page, "row 0, column 0")
    page.get_by_role("slider", name="Row").focus()
    page.keyboard.press("ArrowRight")
    shows(page, "row 1, column 0")
    page.get_by_role("slider", name="Pitch").focus()
    page.keyboard.press("End")
    shows(page, "row 5, column 0")
    page.keyboard.press("ArrowLeft")
    shows(page, "row 4, column 0")
    page.get_by_role("button", name="high").press("Enter")
    shows(page, "row 4, column 2")
    page.get_by_role("combobox", name="Menu").select_option("middle")
    shows(page, "row 4, column 1")


@pytest.mark.browser
def test_play_plays(page):
    play = page.get_by_role("button", name="Play")
    assert page.evaluate("e => getComputedStyle(e).maskImage", play.locator("i").element_handle()).startswith(
        "url("
    )
    play.press("Enter")
    page.get_by_role("button", name="Pause").wait_for()
    shows(page, "row 5, column 0")


@pytest.mark.browser
def test_screen_readers_hear_names_and_values(page):
    slider = page.get_by_role("slider", name="Pitch")
    assert slider.get_attribute("aria-valuetext") == "110 Hz"
    slider.press("ArrowRight")
    page.wait_for_function(
        "e => e.getAttribute('aria-valuetext') === '220 Hz'", arg=slider.element_handle(), timeout=1000
    )
    group = page.get_by_role("group", name="Column")
    assert group.get_by_role("button", pressed=True).inner_text() == "low"
    group.get_by_role("button", name="high").click()
    page.wait_for_timeout(50)
    assert group.get_by_role("button", pressed=True).inner_text() == "high"
    # The readout of an IntSlider takes a value; that of a SelectionSlider does not, and is no stop.
    assert page.get_by_role("textbox", name="Row, type a value").count() == 1
    assert page.locator("[contenteditable=true]").count() == 1


@pytest.mark.browser
def test_formulas(page):
    page.wait_for_function("MathJax.startup.promise.then(() => true)")
    assert page.locator("mjx-container").count() == len(FORMULAS)
    assert page.locator("mjx-merror, mjx-mtext[style*='red'], [data-mjx-error]").count() == 0
    assert page.locator("mjx-assistive-mml math").count() == len(FORMULAS)
    assert page.locator("#prose mjx-container").count() == 0
    page.wait_for_function("document.fonts.ready.then(() => true)")
    loaded = page.evaluate("[...document.fonts].filter(f => f.status === 'loaded').map(f => f.family).join()")
    assert "MJXTEX" in loaded
    assert page.evaluate("[...document.fonts].filter(f => f.status === 'error').length") == 0


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1000, 390])
def test_accessible_and_no_wider_than_the_page(browser, folder, theme, width):
    from axe_playwright_python.sync_playwright import Axe

    with drawn(browser, f"{folder.as_uri()}/{theme}.html", size=(width, 900)) as page:
        found = [
            f"{rule['id']}: {node['html'][:120]}"
            for rule in Axe().run(page).response["violations"]
            for node in rule["nodes"]
        ]
        assert found == []
        wide = """() => [...document.querySelectorAll('.jupyter-widgets, .jupyter-button, select')]
            .filter(e => e.offsetParent && e.getBoundingClientRect().right > innerWidth + 1)
            .map(e => e.className)"""
        assert page.evaluate(wide) == []


@pytest.mark.browser
def test_labels_with_html_are_cleaned(browser, folder):
    """The page's own cleaner stands for `sanitize-html`."""
    import ipywidgets as w
    from ipywidgets.embed import embed_data, escape_script

    label = (
        '<b onclick="x()" title="t">bold</b><script>window.bad = 1</script><u>under</u>'
        '<a href="java&#10;script:bad()">one</a><a href="https://example.org/a:b">two</a>'
        '<img src="data:image/png;base64,AAAA" onerror="window.bad = 1"><style>p{}</style>'
    )
    slider = w.IntSlider(description=label, description_allow_html=True)
    data = embed_data(views=[slider])
    w.Widget.close_all()
    (folder / "label.html").write_text(
        '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">'
        '<script defer src="widgets.min.js"></script>'
        '<script type="application/vnd.jupyter.widget-view+json">'
        f"{json.dumps(data['view_specs'][0])}</script>"
        '<script type="application/vnd.jupyter.widget-state+json">'
        f"{escape_script(json.dumps(data['manager_state']))}</script>",
        "utf-8",
    )
    with watched(browser, f"{folder.as_uri()}/label.html") as opened:
        opened.page.wait_for_selector(".widget-label", state="attached", timeout=4000)
        assert opened.page.locator(".widget-label").inner_html() == (
            '<b title="t">bold</b>under<a>one</a><a href="https://example.org/a:b">two</a><img>'
        )
        assert opened.page.evaluate("window.bad") is None
        assert opened.complaints == []
