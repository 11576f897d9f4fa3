import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.media.speakable import Marked, speakable, tagged_speech, unmarked


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Hello there.", "Hello there."),
        ("**Bold**, *soft*, ~~gone~~ and __under__", "Bold, soft, gone and under"),
        ("snake_case_name stays, _this_ does not lean", "snake_case_name stays, this does not lean"),
        ("2 * 3 * 4 = 24", "2 * 3 * 4 = 24"),
        ("# Title\n\nText", "Title.\nText"),
        ("- one\n* two!\n1. three", "one.\ntwo!\n1. three."),
        ("- [x] done", "done."),
        ("> quoted\n>> twice", "quoted\ntwice"),
        ("See [the guide](https://example.org/a_(b)).", "See the guide."),
        ("See https://example.org/a?b=c, please.", "See link, please."),
        ("<https://example.org>", "link"),
        ("![a cat](cat.png) sits", "a cat sits"),
        ("Use `pip install`, then wait.", "Use pip install, then wait."),
        ("Great 🎉👨‍👩‍👧! ❤️ 🇩🇪", "Great!"),
        ("It is 21 °C.", "It is 21 °C."),
        ("a ||secret|| b", "a secret b"),
        ("hi <@123> and <:wave:99>", "hi and"),
        ("one<br>two <b>three</b>", "one two three"),
        ("claim[^1]", "claim"),
        ("above\n\n---\n\nbelow", "above\nbelow"),
        ("| Name | Age |\n|------|:---:|\n| Ann | 5 |", "Name, Age.\nAnn, 5."),
        ("It works like this, in short words:\n```py\nx = 1\n```\nDone.", "It works like this, in short words:\nDone."),
        ("Ein Größenvergleich, 日本語もOK。", "Ein Größenvergleich, 日本語もOK。"),
        (r"5 \* 3", "5 * 3"),
        ("2*3*4 = 24", "2*3*4 = 24"),
        ("a**2 + b**2 = c**2", "a**2 + b**2 = c**2"),
        ("3*4 plus 5*6", "3*4 plus 5*6"),
        ("f(*args, **kwargs)", "f(*args, **kwargs)"),
        ("A||B||C", "A||B||C"),
        ("a~~b~~c", "a~~b~~c"),
        ("日本では**重要**です", "日本では重要です"),
        ("***all*** and **a *b* c**", "all and a b c"),
        ("If a<b and c>d then swap", "If a<b and c>d then swap"),
        ("x<y then z>w", "x<y then z>w"),
        ("a<b>c", "a<b>c"),
        ("vector<int> v", "vector<int> v"),
        ('<span class="x">red</span> <a href="https://e.org">here</a>', "red here"),
        ("Write to <info@shop.example>.", "Write to info@shop.example."),
        ("Tom &amp; Ann&nbsp;&lt;3, R&D", "Tom & Ann <3, R&D"),
        ("50㎡, 5㎞, 3㎏, ㈱, ㊗", "50m2, 5km, 3kg, (株), 祝"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क्\u200dष 👩\u200d🚀", "क्\u200dष"),
        ("## Title ##", "Title."),
    ],
)
def test_markdown_becomes_words(written: str, said: str) -> None:
    assert speakable(written) == said


@pytest.mark.parametrize(
    "silent",
    [
        "",
        "   ",
        "```py\nprint(1)\n```",
        "```\nnever closed",
        "Here:\n```py\n" + "x = 1\n" * 20 + "```",
        "🎉🎉",
        "---",
        "***",
    ],
)
def test_code_and_symbols_are_not_read_out(silent: str) -> None:
    assert speakable(silent) == ""


@given(st.text(max_size=200))
def test_no_text_breaks_it_and_no_control_is_spoken(text: str) -> None:
    assert all(line.isprintable() for line in re.sub("[\u200c\u200d]", "", speakable(text)).split("\n"))


WORDS = st.sampled_from([*"aZ09éж日本م", " ", "  ", "\n", ".", ",", "(", ")", "=", "+", "-"])
MARKS = st.sampled_from(["*", "**", "***", "_", "__", "~~", "||", "|", "#", ">", "<", "`", "[", "]", "\\"])


@given(st.lists(WORDS | MARKS, max_size=60).map("".join))
def test_every_word_and_figure_is_spoken_in_order(text: str) -> None:
    """Blocks of code are left out by intent, and so is an answer that is mostly code."""
    spoken = speakable(text)

    if "```" not in text and spoken:
        assert [sign for sign in spoken if sign.isalnum()] == [sign for sign in text if sign.isalnum()]


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ("[[voice]]Text with `a    b` code", "Text with `a    b` code"),
        ("[[voice]]\n```\nx = 1    # one\n\n\n\ny = 2\n```\nDone.", "```\nx = 1    # one\n\n\n\ny = 2\n```\nDone."),
        ("A | B\n1   | 2 [[tts:speed=1.2]]", "A | B\n1   | 2"),
    ],
)
def test_a_mark_squeezes_no_white_space_but_its_own(answer: str, shown: str) -> None:
    assert tagged_speech(answer).shown == shown


@pytest.mark.parametrize(
    ("written", "visible", "spoken"),
    [
        ("Plain answer.", "Plain answer.", None),
        ("[[voice]] Good morning!", "Good morning!", "Good morning!"),
        ("Good [[VOICE]] morning!", "Good morning!", "Good morning!"),
        ("Look below.\n[[voice: Have a look!]]\nTable", "Look below.\n\nTable", "Have a look!"),
        ("[[tts:Only sound]]", "", "Only sound"),
        ("[[voice: a]] and [[voice: b]]", "and", "a b"),
        ("Intro. [[voice]]Say this.[[/voice]] Rest.", "Intro. Say this. Rest.", "Say this."),
        ("[[voice: cut off in the mid", "", "cut off in the mid"),
        ("Still writing [[voi", "Still writing", None),
        ("Still writing [[voice", "Still writing", "Still writing"),
        ("A stray end[[/voice]].", "A stray end.", None),
        ("Write `[[voice]]` to speak.", "Write `[[voice]]` to speak.", None),
        ("```\n[[voice]]\n```", "```\n[[voice]]\n```", None),
        ("a[0][1] and [[link]]", "a[0][1] and [[link]]", None),
        ("[[voice:]]", "", None),
        ("Here. [[tts:text]](laughs) Once more.[[/tts:text]] Bye.", "Here. Bye.", "(laughs) Once more."),
        ("[[TTS:TEXT]]a [b] [[c]][[/tts:text]]", "", "a [b] [[c]]"),
        ("[[tts:text]]never closed [[/tts:te", "", "never closed"),
        ("A stray end[[/tts:text]].", "A stray end.", None),
        ("Good morning! [[tts:voice=af_sky speed=1.2]]", "Good morning!", "Good morning!"),
        ("[[tts:voice=af_sky]][[tts:text]]Only this.[[/tts:text]] Shown.", "Shown.", "Only this."),
        ("[[voice: a=b is an equation]]", "", "a=b is an equation"),
        ("`[[tts:text]]` marks speech", "`[[tts:text]]` marks speech", None),
    ],
)
def test_a_model_asks_to_be_heard(written: str, visible: str, spoken: str | None) -> None:
    marked = tagged_speech(written)
    assert (marked.shown, marked.spoken) == (visible, spoken)


@pytest.mark.parametrize(
    ("settings", "voice", "model", "speed"),
    [
        ("voice=af_sky model=a/b speed=1.25", "af_sky", "a/b", 1.25),
        ("speakerVoice=one voiceId=two", "one", "", None),
        ('voiceName = "two words"', "two words", "", None),
        ("speed=fast", "", "", None),
        ("speed=-1 stability=0.4", "", "", None),
        ("speed=inf", "", "", None),
    ],
)
def test_a_model_says_how_it_wants_to_be_spoken(settings: str, voice: str, model: str, speed: float | None) -> None:
    expected = Marked("Hi there.", "Hi there.", voice=voice, model=model, speed=speed)
    assert tagged_speech(f"[[tts:{settings}]]Hi there.") == expected


@pytest.mark.parametrize(
    "answer",
    [
        "Hello [[tts:text]]hidden words[[/tts:text]] there.",
        "Hello [[tts:voice=af_sky speed=1.1]]there.",
        "Hello [[voice: hidden words]] there.",
        "Hello [[voice]]there[[/voice]].",
    ],
)
def test_no_piece_of_a_mark_is_shown_however_the_answer_is_cut(answer: str) -> None:
    for cut in range(len(answer) + 1):
        seen = unmarked(answer[:cut])
        assert not set(seen) & set("[]=:"), seen
        assert "Hello there.".startswith(seen.strip()), seen


@given(
    st.lists(
        st.sampled_from(
            [
                "[[voice]]",
                "[[voice:",
                "[[tts:text]]",
                "[[/tts:text]]",
                "a=b",
                "]]",
                "[[/voice]]",
                "a",
                "\n",
                "`",
                "```\n",
                "[[",
            ]
        ),
        max_size=20,
    )
)
def test_marks_without_code_are_never_shown(parts: list[str]) -> None:
    text = "".join(parts)

    visible = tagged_speech(text).shown

    assert "`" in text or "[[voice" not in visible
    assert tagged_speech(visible).spoken is None or "`" in text


def test_many_marks_are_read_in_reasonable_time() -> None:
    assert tagged_speech("[[/voice]]" + "[[voice]]" * 20_000).spoken == ""
    assert tagged_speech("[[tts:text]]" * 20_000 + "[[tts:a=b" * 20_000).shown == ""
    assert speakable("*a" * 5_000 + "[a](" * 5_000)
