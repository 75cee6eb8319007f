"""A page with nothing but exercises."""

from contextlib import contextmanager

from audio_edu._assets import script_and_style
from audio_edu.exercises.check import Form


@contextmanager
def opened(browser, folder, monkeypatch, exercises):
    """Open a page that asks `exercises` [name -> entry], from the disk, with the network off."""
    monkeypatch.setenv("AUDIO_EDU_STATIC", "1")
    body = "".join(Form(name, exercise)._repr_html_() for name, exercise in exercises.items())
    (folder / "page.html").write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>Exercises</title><main><h1>Exercises</h1>{script_and_style()}{body}</main></html>",
        "utf-8",
    )
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto((folder / "page.html").as_uri())
    yield page
    context.close()
