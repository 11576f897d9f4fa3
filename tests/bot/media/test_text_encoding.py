"""Text files as people's programs write them: every encoding gives the words, binary gives None."""

from __future__ import annotations

import codecs
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.media.text_encoding import decoded

INPUTS = Path(__file__).parent / "inputs"
SENTENCES = {
    "gbk": "价格,数量\n苹果,3\n",
    "gb18030": "今天天气很好，我们去公园散步，然后一起吃晚饭。\n",
    "big5": "價格,數量\n蘋果,3\n今天天氣很好\n",
    "shift_jis": "価格,数量\nりんご,3\nこんにちは世界\n",
    "euc_jp": "価格,数量\nりんご,3\nこんにちは\n",
    "euc_kr": "가격,수량\n사과,3\n안녕하세요\n",
    "cp1250": "Příliš žluťoučký kůň úpěl ďábelské ódy. Dnes je hezký den.\n",
    "cp1251": "Список покупок\nмолоко, 2\nхлеб\n",
    "cp1252": "Größe;Stück\nÄpfel;3\nStraße – “Preis” 5 €\n",
    "cp1253": "Τιμή;ποσότητα\nμήλα;3\n",
    "cp1254": "Fiyat;şehir;ığdır\nçilek;3\n",
    "cp1255": "מחיר,כמות\nתפוחים,3\n",
    "cp1256": "السعر,الكمية\nتفاح,3\n",
    "cp866": "Список покупок\nмолоко, 2\nхлеб\n",
    "cp874": "ราคา,จำนวน\nแอปเปิล,3\n",
    "koi8_r": "Список покупок\nмолоко, 2\nхлеб\n",
    "latin_1": "Prix;quantité\npêche;3\ncafé crème\n",
}
MARKS = {
    "utf-8": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
}
WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co"), exclude_characters="\ufeff"))


@pytest.mark.parametrize("encoding", SENTENCES)
def test_a_short_file_in_an_old_encoding_gives_its_words(encoding: str) -> None:
    assert decoded(SENTENCES[encoding].encode(encoding)) == SENTENCES[encoding]


@given(text=WORDS, encoding=st.sampled_from(sorted(MARKS)))
def test_a_byte_order_mark_decides_and_is_no_part_of_the_text(text: str, encoding: str) -> None:
    assert decoded(MARKS[encoding] + text.encode(encoding)) == text


@given(text=WORDS, kept=st.integers(0, 40))
def test_a_beginning_that_ends_within_a_character_gives_the_characters_before_it(text: str, kept: int) -> None:
    beginning = decoded(text.encode()[:kept], whole=False)

    assert beginning is not None
    assert text.startswith(beginning)
    assert len(text.encode()[:kept]) - len(beginning.encode()) < 4


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark_is_read(encoding: str) -> None:
    assert decoded("name, price\nÄpfel, 3\n".encode(encoding)) == "name, price\nÄpfel, 3\n"


def test_bytes_that_are_no_text_are_not_given_out_as_text() -> None:
    noise = random.Random(4).randbytes(3000)

    for binary in (noise, b"OggS\0\2" + noise, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + noise, b"\xff" * 500):
        assert decoded(binary) is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("prices-gbk.csv", "价格,数量\n苹果,3\n"),
        ("list-cp1251.csv", "Имя,Город\nЮлия,Москва\n"),
        ("list-utf16.txt", "Имя,Город\nЮлия,Москва\n"),
        ("list-utf8-bom.txt", "Имя,Город\nЮлия,Москва\n"),
    ],
)
def test_files_as_spreadsheets_write_them_are_read_whole(name: str, text: str) -> None:
    assert decoded((INPUTS / name).read_bytes()) == text
