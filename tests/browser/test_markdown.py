"""What the bot writes, as the page shows it: nodes that mean the same, and nothing that can run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Demo

pytestmark = pytest.mark.browser

RENDER = """async text => {
  const { markdown } = await import("/page/markdown.js");
  const frame = document.createElement("div");
  frame.append(markdown(text));
  frame.querySelectorAll("a").forEach(link => { link.removeAttribute("rel"); link.removeAttribute("target"); });
  return frame.innerHTML;
}"""


@pytest.fixture(scope="module")
def renderer(browser: Browser, demo: Demo) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()
    page.goto(demo.address)
    yield page
    context.close()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "<p>plain</p>"),
        ("a\nb\n\nc", "<p>a<br>b</p><p>c</p>"),
        ("**b** *i* _i_ ~~s~~ `c`", "<p><strong>b</strong> <em>i</em> <em>i</em> <del>s</del> <code>c</code></p>"),
        ("***both***", "<p><strong><em>both</em></strong></p>"),
        ("snake_case_name and 2 * 3 * 4", "<p>snake_case_name and 2 * 3 * 4</p>"),
        ("**open", "<p>**open</p>"),
        (r"\*not\*", "<p>*not*</p>"),
        ("``a ` b``", "<p><code>a ` b</code></p>"),
        ("`**no**`", "<p><code>**no**</code></p>"),
        ("# Big\ntext", "<h3>Big</h3><p>text</p>"),
        ("- a\n- b\n  - c", "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>"),
        ("3. x\n4. y", '<ol start="3"><li>x</li><li>y</li></ol>'),
        ("1. x\n\n2. y\n\nend", "<ol><li>x</li><li>y</li></ol><p>end</p>"),
        ("words\n- a", "<p>words</p><ul><li>a</li></ul>"),
        ("In 2024. so it was", "<p>In 2024. so it was</p>"),
        ("> a\n> > b", "<blockquote><p>a</p><blockquote><p>b</p></blockquote></blockquote>"),
        ("---", "<hr>"),
        ("[a **b**](https://x.example/(y))", '<p><a href="https://x.example/(y)">a <strong>b</strong></a></p>'),
        ("see https://x.example/a_b_c.", '<p>see <a href="https://x.example/a_b_c">https://x.example/a_b_c</a>.</p>'),
        ("<https://x.example>", '<p><a href="https://x.example">https://x.example</a></p>'),
    ],
)
def test_markdown_becomes_nodes(renderer: Page, text: str, shown: str) -> None:
    assert renderer.evaluate(RENDER, text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "[x](vbscript:x)",
        "![x](javascript:alert(1))",
        '[x](https://a.example" onclick="alert(1))',
        "```\n</code></pre><script>alert(1)</script>\n```",
        "| <b>x</b> | y |\n|---|---|\n| <svg onload=alert(1)> | z |",
        "# <iframe src=x>",
    ],
)
def test_nothing_that_is_written_can_run(renderer: Page, text: str) -> None:
    found = renderer.evaluate(
        """async text => {
          const { markdown } = await import("/page/markdown.js");
          const nodes = [...markdown(text).querySelectorAll("*")];
          return nodes.filter(node => node.matches("script, img, iframe, b")
            || (node.tagName === "svg" && !node.closest(".copy"))
            || [...node.attributes].some(({ name }) => name.startsWith("on"))
            || (node.href && !/^https?:/.test(node.href))).map(node => node.outerHTML);
        }""",
        text,
    )

    assert found == []


def test_code_keeps_its_letters_and_a_table_its_columns(renderer: Page) -> None:
    code = renderer.evaluate(RENDER, "```python\nif a < b:\n    **x**\n```\nafter")
    table = renderer.evaluate(RENDER, "| a | b |\n|:-:|--:|\n| 1 | `x\\|y` |\n| 2 |")

    assert "<code>if a &lt; b:\n    **x**</code>" in code
    assert "<span>python</span>" in code
    assert code.endswith("<p>after</p>")
    assert '<th class="center">a</th><th class="right">b</th>' in table
    assert '<td class="right"><code>x|y</code></td>' in table
    assert table.count("<td") == 4


@pytest.mark.parametrize(
    "piece", ["> ", "- ", "**a ", "[", "`", "_a ", "  - a\n", "| a ", "\\", "![](", "~~a", "```\n", "1. "]
)
def test_nonsense_of_any_length_is_drawn_quickly(renderer: Page, piece: str) -> None:
    milliseconds = renderer.evaluate(
        """async text => {
          const { markdown } = await import("/page/markdown.js");
          const began = performance.now();
          markdown(text);
          return performance.now() - began;
        }""",
        piece * (20_000 // len(piece)),
    )

    assert milliseconds < 1500


def test_an_unfinished_answer_looks_right_at_every_letter(renderer: Page) -> None:
    words = "# T\n\nA **bold** [link](https://x.example) and `code`:\n\n```js\nlet a = 1;\n```\n\n"
    text = f"{words}1. one\n   - two\n\n| a | b |\n|---|---|\n| 1 | 2 |"

    for end in range(len(text) + 1):
        assert "undefined" not in renderer.evaluate(RENDER, text[:end])
