"""Everything an app can send is drawn, and nothing it or a person wrote becomes more than text."""

import copy
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from playwright.async_api import async_playwright

from sandbox.page.draw.canvas import TEMPLATES
from sandbox.page.draw.emoji import NAMES
from sandbox.page.drawing import Reader, message_html, mrkdwn_html, plain_html, view_html
from sandbox.rules import Refusal, check_message, check_view
from sandbox.rules.blocks import BLOCKS
from sandbox.rules.elements import CONTEXT_ACTIONS, INPUTS
from sandbox.wire import Json
from tests.sandbox.page import samples
from tests.sandbox.page.samples import NOON, field, option, plain, plotted
from tests.sandbox.test_rules_slackblocks import surfaces

VOID = {"br", "hr", "input", "img"}
CSS = TEMPLATES.parent / "static" / "blocks.css"


def a_reader(zone: str = "Europe/Berlin") -> Reader:
    return Reader(
        user="U1",
        zone=ZoneInfo(zone),
        users={"U1": "Alice", "U2": "Boris"},
        channels={"C1": "board"},
        groups={"S1": "product"},
        now=datetime(2026, 11, 22, 12, tzinfo=UTC),
    )


ALICE = a_reader()


class Tree(HTMLParser):
    """What a browser sees: elements with their attributes, and whether they are closed as they were opened."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.is_sound = True
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(sorted(name for name, _ in attrs))))
        self.attributes += [(name, value or "") for name, value in attrs]
        self.is_sound &= len({name for name, _ in attrs}) == len(attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        self.is_sound &= bool(self.open) and self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_comment(self, data: str) -> None:
        self.is_sound = False

    def handle_decl(self, decl: str) -> None:
        self.is_sound = False

    @property
    def is_well_formed(self) -> bool:
        return self.is_sound and not self.open

    @property
    def text(self) -> str:
        return "".join(self.words)

    def values(self, name: str) -> list[str]:
        return [value for each, value in self.attributes if each == name]


def drawn(payload: Json) -> str:
    """A message, modal or Home tab."""
    if payload.get("type") in ("modal", "home"):
        return view_html(payload, {}, {}, ALICE)
    return message_html(payload["blocks"], payload["text"], ALICE)


def one(element: Json, **more: Any) -> str:
    """A modal with one field."""
    return drawn(samples.modal([field("it", "Label", element, **more)]))


def text_of(html: str) -> str:
    return Tree(html).text


SURFACES = [*map(samples.message, samples.MESSAGES), *samples.MODALS, samples.HOME]


def check(payload: Json) -> None:
    (check_view if payload.get("type") in ("modal", "home") else check_message)(payload)


# -- Everything is drawn


@pytest.mark.parametrize("payload", SURFACES, ids=range(len(SURFACES)))
def test_everything_in_the_gallery_is_what_slack_takes_and_is_drawn(payload: Json) -> None:
    check(payload)
    tree = Tree(drawn(payload))
    assert tree.is_well_formed
    assert "isn't drawn here" not in tree.text
    ids = tree.values("id")
    assert len(set(ids)) == len(ids)
    for name in ("for", "aria-controls", "aria-labelledby", "aria-describedby"):
        assert set(" ".join(tree.values(name)).split()) <= set(ids)


def _types(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield str(value.get("type"))
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _types(part)


def test_the_gallery_shows_every_block_and_element_there_is() -> None:
    shown = set(_types(SURFACES))
    assert {*BLOCKS, *INPUTS, *CONTEXT_ACTIONS, "button", "overflow", "workflow_button"} <= shown


def test_a_block_nobody_knows_is_named() -> None:
    assert "This hologram block isn't drawn here." in text_of(message_html([{"type": "hologram"}], "", ALICE))


def test_a_message_without_blocks_is_its_text() -> None:
    assert "<strong>Hi</strong>" in message_html([], "*Hi*", ALICE)
    assert "<strong>Hi</strong>" in message_html(None, "*Hi*", ALICE)


def test_the_style_sheet_fetches_nothing() -> None:
    sheet = CSS.read_text()
    assert "@import" not in sheet
    assert [part[:10] for part in sheet.split("url(")[1:]] == ['"data:imag']


# -- mrkdwn

A, ELSEWHERE = '<a class="link" ', ' target="_blank" rel="noopener noreferrer">'


@pytest.mark.parametrize(
    ("written", "html"),
    [
        ("*b* _i_ ~s~ `c`", "<strong>b</strong> <em>i</em> <s>s</s> <code>c</code>"),
        ("*_both_* and _*both*_", "<strong><em>both</em></strong> and <em><strong>both</strong></em>"),
        ("*a _b* c_", "<strong>a _b</strong> c_"),
        ("2 * 3 * 4, snake_case_name, 5*6*7, **", "2 * 3 * 4, snake_case_name, 5*6*7, **"),
        ("*over\nlines*", "*over<br>lines*"),
        ("`*as it stands* :tada: <@U2>`",
         '<code>*as it stands* :tada: <span class="mention" data-user="U2">@Boris</span></code>'),
        ("a\n\nb", 'a<span class="gap"></span>b'),
        ("&gt; q1\n> *q2*\nafter", "<blockquote>q1<br><strong>q2</strong></blockquote>after"),
        ("a\n&gt;&gt;&gt; q1\nq2", "a<blockquote>q1<br>q2</blockquote>"),
        ("a\n```\nx = *1*\n```\nb", "a<pre><code>x = *1*</code></pre>b"),
        ("1 &lt; 2 &amp;amp; &copy;", "1 &lt; 2 &amp;amp; &amp;copy;"),
        ("<b> <> </b>", "&lt;b&gt; &lt;&gt; &lt;/b&gt;"),
        ("• one\n• two", "• one<br>• two"),
        ("<!here> <!unknown|words>", '<span class="mention loud">@here</span> words'),
        ("*<https://a.example|x*y>*",
         f'<strong>{A}href="https://a.example"{ELSEWHERE}x*y</a></strong>'),
        ("<mailto:a@b.example>",
         f'{A}href="mailto:a@b.example"{ELSEWHERE}a@b.example</a>'),
    ],
)  # fmt: skip
def test_markup_is_drawn(written: str, html: str) -> None:
    assert mrkdwn_html(written, ALICE) == html


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("<@U1> <@U2|x> <@U9|pat> <@U8>", "@Alice @Boris @pat @U8"),
        ("<#C1> <#C9|far> <#C8>", "#board #far #private-channel"),
        ("<!subteam^S1> <!subteam^S9|@team>", "@product @team"),
        ("<!channel> <!everyone>", "@channel @everyone"),
    ],
)
def test_mentions_are_names(written: str, read: str) -> None:
    assert text_of(mrkdwn_html(written, ALICE)) == read


def test_a_mention_of_the_reader_stands_out() -> None:
    assert 'class="mention me"' in mrkdwn_html("<@U1>", ALICE)
    assert 'class="mention"' in mrkdwn_html("<@U2>", ALICE)


@pytest.mark.parametrize(
    ("zone", "read"),
    [
        ("Europe/Berlin", "today at 1:00 PM"),
        ("America/Los_Angeles", "today at 4:00 AM"),
        ("Pacific/Kiritimati", "tomorrow at 2:00 AM"),
    ],
)
def test_a_date_is_told_in_the_readers_zone(zone: str, read: str) -> None:
    reader = Reader(**{**vars(a_reader(zone)), "now": datetime(2026, 11, 22, 9, tzinfo=UTC)})
    token = f"<!date^{NOON}^{{date_short_pretty}} at {{time}}|some day>"
    date = {"type": "date", "timestamp": NOON, "format": "{date_short_pretty} at {time}"}
    rich = samples.rich(samples.part("section", date))
    assert text_of(mrkdwn_html(token, reader)) == read
    assert text_of(message_html([rich], "", reader)).strip() == read


@pytest.mark.parametrize("token", ["<!date^soon^{date}|some day>", "<!date^99999999999999999^{date}|some day>"])
def test_a_date_that_is_none_is_its_fallback(token: str) -> None:
    assert mrkdwn_html(token, ALICE) == "some day"


def test_a_date_can_be_a_link() -> None:
    html = mrkdwn_html(f"<!date^{NOON}^{{date_num}}^https://a.example/d|then>", ALICE)
    assert 'href="https://a.example/d"' in html
    assert text_of(html) == "2026-11-22"


def test_emoji_names_are_drawn_and_unknown_ones_stay() -> None:
    html = mrkdwn_html("*:tada:* :+1::skin-tone-3: :party_parrot: 10:30:45 a:b:x:", ALICE)
    assert text_of(html) == "🎉 👍🏼 :party_parrot: 10:30:45 a:b❌"
    assert text_of(plain_html(":rocket: *not bold* &amp;")) == "🚀 *not bold* &amp;"
    assert len(NAMES) > 150


def test_plain_text_without_emoji_stays_as_it_was_typed() -> None:
    said = {"type": "plain_text", "text": ":tada: *x* <@U1>", "emoji": False}
    assert text_of(message_html([{"type": "section", "text": said}], "", ALICE)).strip() == ":tada: *x* <@U1>"


def test_a_bare_address_is_a_link_unless_the_text_is_verbatim() -> None:
    def section(**more: bool) -> str:
        words = {"type": "mrkdwn", "text": "See https://a.example/x_y_z.", **more}
        return message_html([{"type": "section", "text": words}], "", ALICE)

    assert Tree(section()).values("href") == ["https://a.example/x_y_z"]
    assert Tree(section(verbatim=True)).values("href") == []


def test_no_markup_is_left_where_slack_would_format() -> None:
    read = text_of(message_html(samples.TEXTS[1:2], "", ALICE))
    code = "*not bold*"
    assert not set("<>_`~") & set(read.replace("x_y_z", "").replace(":no_such_thing:", "").replace("1 < 2", ""))
    assert read.replace(code, "").count("*") == 0


# -- Fields


def test_a_field_is_tied_to_its_label_its_hint_and_its_error() -> None:
    modal = samples.modal([field("title", "Title", {"type": "plain_text_input"}, hint=plain("Few words."))])
    html = view_html(modal, {}, {"title": "Too <long>.", "": "Not saved."}, ALICE, scope="left")
    assert '<label class="label" for="left-title-title">' in html
    assert 'aria-describedby="left-title-title-hint left-title-title-error"' in html
    assert 'aria-invalid="true"' in html
    assert "Too <long>." in text_of(html)
    assert "Not saved." in text_of(html)


def test_what_was_typed_is_shown_instead_of_what_the_app_proposed() -> None:
    modal = samples.modal([
        field("name", "Name", {"type": "plain_text_input", "initial_value": "old"}),
        field("text", "Text", {"type": "plain_text_input", "multiline": True}),
        field("pick", "Pick", {"type": "static_select", "options": samples.OPTIONS}),
        field("who", "Who", {"type": "multi_external_select", "initial_options": [option("Globex", "A-2")]}),
        field("at", "At", {"type": "datetimepicker"}),
        field("box", "Box", {"type": "checkboxes", "options": samples.OPTIONS}),
    ])  # fmt: skip
    check(modal)
    typed: dict[str, dict[str, Json]] = {
        "name": {"name": {"type": "plain_text_input", "value": 'new "name"'}},
        "text": {"text": {"type": "plain_text_input", "value": "\nfirst\n</textarea>"}},
        "pick": {"pick": {"type": "static_select", "selected_option": samples.OPTIONS[1]}},
        "who": {"who": {"type": "multi_external_select", "selected_options": [option("Acme <Bank>", "A-1")]}},
        "at": {"at": {"type": "datetimepicker", "selected_date_time": NOON}},
        "box": {"box": {"type": "checkboxes", "selected_options": [samples.OPTIONS[0]]}},
    }
    html = view_html(modal, typed, {}, ALICE)
    assert 'value="new &#34;name&#34;"' in html
    assert ">\n\nfirst\n&lt;/textarea&gt;</textarea>" in html
    assert '<option value="2" selected>' in html
    assert 'data-value="A-1"' in html
    assert "A-2" not in html
    assert 'value="2026-11-22T13:00"' in html
    assert html.count(" checked>") == 1


def test_an_optional_select_can_be_emptied_and_a_required_one_not() -> None:
    element = {"type": "static_select", "options": samples.OPTIONS, "placeholder": plain("Choose")}
    assert '<option value="" selected>Choose' in one(element, optional=True)
    assert '<option value="" selected disabled hidden>Choose' in one(element)
    assert '<option value=""' not in one({**element, "initial_option": samples.OPTIONS[0]})
    assert "(optional)" in one(element, optional=True)
    assert "(optional)" not in one(element)


def test_an_element_says_what_the_page_needs_to_know() -> None:
    html = drawn(samples.modal(samples.TYPED[:1]))
    wanted = ('data-block-id="title"', 'data-action-id="title"', 'data-type="plain_text_input"', 'data-act="type"',
              'data-dispatch="1"', 'data-dispatch-on="enter"', 'maxlength="80"', "autofocus")  # fmt: skip
    assert all(part in html for part in wanted)
    assert "data-dispatch" not in drawn(samples.modal(samples.TYPED[1:2]))
    both = {"trigger_actions_on": ["on_enter_pressed", "on_character_entered"]}
    typed = {"type": "plain_text_input", "dispatch_action_config": both}
    assert 'data-dispatch-on="enter character"' in one(typed, dispatch_action=True)


def test_a_button_carries_its_value_its_question_and_a_safe_address() -> None:
    html = message_html(samples.PRESSED, "", ALICE)
    assert 'data-act="press" data-block-id="card" data-action-id="estimate" data-type="button"' in html
    assert 'data-value="R-14"' in html
    assert "It goes away." in html
    assert 'data-url="https://a.example/r/14"' in html
    unsafe = samples.button("Go", url="javascript:alert(1)")
    assert "data-url" not in message_html([{"type": "actions", "elements": [unsafe]}], "", ALICE)


def test_an_icon_button_is_only_for_those_it_is_for() -> None:
    assert "Hers" not in message_html(samples.PRESSED, "", ALICE)
    assert "Hers" in message_html(samples.PRESSED, "", Reader(**{**vars(ALICE), "user": "U9"}))


def test_the_same_form_drawn_for_two_people_shares_no_ids() -> None:
    modal = samples.MODALS[1]
    boris = Reader(**{**vars(ALICE), "user": "U2"})
    hers, his = (Tree(view_html(modal, {}, {}, reader)).values("id") for reader in (ALICE, boris))
    assert not set(hers) & set(his)


# -- Charts


def test_a_chart_tells_its_figures_to_those_who_do_not_see_it() -> None:
    pie = message_html([samples.PIE], "", ALICE)
    assert 'aria-label="Who waits: Banks 14 (47%), Insurers 9 (31%), Retail 4.5 (15%), Public sector 2 (7%)"' in pie
    bars = message_html([samples.BARS], "", ALICE)
    assert "<title>Filed, W48: 9</title>" in bars
    assert "Show as table" in text_of(bars)


@pytest.mark.parametrize("kind", ["bar", "line", "area"])
@pytest.mark.parametrize(
    "values",
    [[0, 0], [1], [-5, -1], [1e300, -1e300], [5e-324, 0], [float("inf"), 1], [float("nan"), 1], [10**400, 1]],
)
def test_no_figure_is_too_odd_for_a_chart(kind: str, values: list[float]) -> None:
    chart = plotted(kind, "Odd", [str(n) for n in range(len(values))], a=values)
    check(samples.message([chart]))
    tree = Tree(message_html([chart], "", ALICE))
    assert tree.is_well_formed
    assert not [
        v for name, v in tree.attributes if name in ("d", "x", "y", "cx", "cy") and ("nan" in v or "inf" in v)
    ]


@pytest.mark.parametrize("values", [[1], [1, 1e-320], [1e300, 1e300], [10**400, 1], [5e-324]])
def test_no_share_is_too_odd_for_a_pie(values: list[float]) -> None:
    segments = [{"label": str(n), "value": value} for n, value in enumerate(values)]
    pie = {"type": "data_visualization", "title": "Odd", "chart": {"type": "pie", "segments": segments}}
    check(samples.message([pie]))
    assert Tree(message_html([pie], "", ALICE)).is_well_formed


# -- Hostile words

HOSTILE = [
    "<script>alert(1)</script>",
    '"><script>alert(1)</script>',
    "'><img src=x onerror=alert(1)>",
    '"><img src=x onerror=alert(1)>',
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    '" onmouseover="alert(1)',
    "' onfocus='alert(1)' autofocus='",
    "x onclick=alert(1)",
    "</textarea><script>alert(1)</script>",
    "</title></svg><script>alert(1)</script>",
    "</option></select><script>alert(1)</script>",
    "<!-- ",
    "--><script>alert(1)</script>",
    "]]><script>alert(1)</script>",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "<javascript:alert(1)|click>",
    "<data:text/html;base64,PHNjcmlwdD4=|click>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;",
    "{{ 7 * 7 }}{% raw %}",
    "${alert(1)}",
    "\x00\x001\x00<b>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<a href='javascript:alert(1)'>x</a>",
    "<style>*{display:none}</style>",
    "<base href=//evil.example>",
    '<math><mtext></form><form><mglyph><style></math><img src onerror="alert(1)">',
]  # fmt: skip
LINKS = [
    '<https://x.example/"onmouseover="alert(1)|click>',
    "<https://x.example/<b>|</a><script>>",
    "https://x.example/'\"><b>",
]

FIXED = {"type", "style", "level", "width", "align", "status", "range", "source", "icon", "trigger_actions_on",
         "initial_date", "initial_time", "initial_value", "min_value", "max_value", "name"}  # fmt: skip


def saying(value: Any, words: str, key: str = "") -> Any:
    """The same payload with these words wherever somebody's words may stand."""
    if isinstance(value, dict):
        return {name: saying(part, words, name) for name, part in value.items()}
    if isinstance(value, list):
        return [saying(part, words, key) for part in value]
    return words if isinstance(value, str) and key not in FIXED else value


def told(words: str) -> Iterator[Tree]:
    for payload in SURFACES:
        yield Tree(drawn(saying(payload, words)))


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_words(words: str) -> None:
    for tree, innocent in zip(told(words), told("i" * len(words)), strict=True):
        assert tree.is_well_formed
        assert tree.tags == innocent.tags


@pytest.mark.parametrize("words", LINKS)
def test_a_hostile_link_is_a_link_or_words(words: str) -> None:
    known = {tag for tree in [*told("i" * len(words)), *map(Tree, map(drawn, SURFACES))] for tag in tree.tags}
    for tree in told(words):
        assert tree.is_well_formed
        assert set(tree.tags) <= known
        assert all(href.startswith("https://x.example/") for href in tree.values("href"))


@pytest.mark.parametrize("words", HOSTILE)
@pytest.mark.parametrize("draw", [plain_html, lambda words: mrkdwn_html(words, ALICE)], ids=["plain", "mrkdwn"])
def test_hostile_words_alone_make_no_element(draw: Callable[[str], str], words: str) -> None:
    assert Tree(draw(words)).tags == []


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_in_state_errors_and_names_are_words(words: str) -> None:
    def seen(said: str) -> Tree:
        reader = Reader(**{**vars(ALICE), "users": {"U1": said, "U2": said}, "channels": {"C1": said}})
        typed = {"title": {"title": {"type": "plain_text_input", "value": said}}}
        form = view_html(samples.MODALS[0], typed, {"title": said, "": said}, reader)
        return Tree(form + view_html(samples.MODALS[1], {}, {}, reader) + mrkdwn_html("<@U1> <#C1>", reader))

    assert seen(words).is_well_formed
    assert seen(words).tags == seen("innocent").tags


# -- Anything at all

some_text = st.text(max_size=12) | st.text("*_~`<>&|:!@#^\n -{}[]()x", max_size=40) | st.sampled_from(HOSTILE)


@settings(max_examples=150, deadline=None, database=None, derandomize=True)
@given(some_text)
def test_any_text_is_drawn(words: str) -> None:
    assert Tree(mrkdwn_html(words, ALICE)).is_well_formed
    assert Tree(plain_html(words)).is_well_formed
    block = {"type": "markdown", "text": words or " "}
    assert Tree(message_html([block], words, ALICE)).is_well_formed


@settings(
    max_examples=120,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much,
                           HealthCheck.large_base_example],
)  # fmt: skip
@given(surfaces(), some_text)
def test_whatever_slack_takes_is_drawn(surface: Any, words: str) -> None:
    payload = copy.deepcopy(surface.json)
    try:
        check(payload)
    except Refusal:
        assume(False)
    assert Tree(drawn(payload)).is_well_formed
    assert Tree(drawn(saying(payload, words or "a"))).is_well_formed


def test_the_worst_of_texts_is_drawn_in_time() -> None:
    for piece in ("*a ", "_a ", "*a*b", "<", "`", "&gt;\n", "*_~", ":tada", "> ```", "[a](", "**a", "\n```\n"):
        words = piece * (12_000 // len(piece))
        assert Tree(message_html([{"type": "markdown", "text": words}], words, ALICE)).is_well_formed
        assert Tree(mrkdwn_html(words, ALICE)).is_well_formed


# -- In a browser

QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
)
STICKS_OUT = """() => {
    const wide = document.documentElement.clientWidth + 1;
    const hidden = ".scroll, .carousel, [hidden], details:not([open]) > :not(summary), svg *";
    return [...document.querySelectorAll(".bk *")]
        .filter((each) => !each.closest(hidden) && each.getBoundingClientRect().right > wide)
        .map((each) => each.outerHTML.slice(0, 100));
}"""


def gallery(theme: str, payloads: list[Json]) -> str:
    bodies = "".join(f"<article>{drawn(payload)}</article>" for payload in payloads)
    return f"<!doctype html><html data-theme={theme}><style>{CSS.read_text()}</style>{bodies}</html>"


@pytest.mark.browser
async def test_nothing_is_cut_off_fetched_or_run_at_390_pixels(chromium: Path) -> None:
    asked: list[str] = []
    said: list[str] = []
    hostile = [saying(payload, words) for words in HOSTILE[:8] for payload in SURFACES]
    async with async_playwright() as player:
        browser = await player.chromium.launch(executable_path=chromium, args=QUIET.split())
        page = await browser.new_page(viewport={"width": 390, "height": 800})
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        for theme, payloads in (("light", SURFACES), ("dark", SURFACES), ("dark", hostile)):
            await page.set_content(gallery(theme, payloads))
            assert await page.evaluate("document.documentElement.scrollWidth") == 390
            assert await page.evaluate(STICKS_OUT) == []
        await browser.close()
    assert not [url for url in asked if not url.startswith("data:image/svg")]
    assert said == []
