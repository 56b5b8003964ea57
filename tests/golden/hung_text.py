# ruff: noqa: RUF001 - letters of other scripts look like Latin ones
"""Golden pictures of text: scripts, how it is set, how it comes in."""

from tests.golden.gallery import BLUE, MINT, ORANGE, PAPER, PINK, hang, linear, tiled, words

SCRIPTS = {
    "latin": ("Inter", "Hamburgefonts\nÅngström, naïve façade", "en"),
    "latin-families": ("Fraunces", "Fraunces & friends", "en"),
    "cyrillic-greek": ("Inter", "Съешь ещё этих\nΞεσκεπάζω τὴν", "ru"),
    "persian": ("Vazirmatn", "می‌خواهم بنویسم:\nنوروزتان پیروز ۱۴۰۵", "fa"),
    "arabic": ("Vazirmatn", "السَّلامُ عَلَيْكُم\nأهلاً وسهلاً", "ar"),
    "hebrew": ("Noto Sans Hebrew", "שָׁלוֹם עוֹלָם\nברוכים הבאים", "he"),
    "hindi": ("Noto Sans Devanagari", "नमस्ते दुनिया\nक्षत्रिय श्री", "hi"),
    "thai": ("Noto Sans Thai", "สวัสดีชาวโลกที่น่ารักทุกคน", "th"),
    "chinese": ("Noto Sans CJK", "你好，世界\n直接、骨、角", "zh"),
    "chinese-traditional": ("Noto Sans CJK", "臺灣，國語。\n直接、骨、角", "zh-Hant"),
    "japanese": ("Noto Sans CJK", "こんにちは世界\n直接、骨、角", "ja"),
    "korean": ("Noto Sans CJK", "안녕하세요 세계", "ko"),
    "emoji": ("Inter", "🎉👩‍👩‍👧🇩🇪👍🏽\n❤️ 1️⃣ 🏳️‍🌈", "en"),
    "mixed": ("Vazirmatn", "سال 2026 با FlatRender 🎬\nHello سلام שלום 世界", "fa"),
}


def hang_scripts() -> None:
    for name, (font, text, language) in SCRIPTS.items():
        hang(
            f"script-{name}",
            words(text, style={"font": font, "language": language, "weight": 400}, align="center", vertical="middle"),
        )


def hang_setting() -> None:
    lorem = "Text that wraps into a few lines of its box"
    for fields in ({"align": "start", "direction": "ltr"}, {"align": "center"}, {"align": "end"}, {"align": "left"},
                   {"align": "right"}, {"align": "justify"}):  # fmt: skip
        hang(f"text-{fields['align']}", words(lorem, **fields))
    places = ["top", "middle", "bottom"]
    hang("text-vertical", *tiled(places, 3, lambda place, box: words("Ag " + place, box, 14, vertical=place)))
    fits = ["none", "shrink", "grow"]
    hang("text-fit", *tiled(fits, 3, lambda fit, box: words("Fits well?", box, 30, fit=fit)))
    hang("text-ellipsis", words(lorem + ", and then some more of it", max_lines=2, fit="none"))
    wraps = ["greedy", "balance"]
    hang("text-wrap", *tiled(wraps, 2, lambda wrap, box: words("A line of words and more", box, 15, wrap=wrap)))
    hang("text-rtl-start", words("متن راست‌چین در چند سطر کوتاه", style={"font": "Vazirmatn"}, direction="rtl"))
    hang(
        "text-runs",
        {
            **words("", align="center", vertical="middle"),
            "runs": [
                {"text": "Rich "},
                {"text": "runs ", "weight": 800, "fill": linear(ORANGE, PINK), "size": 36.0},
                {"text": "in ", "italic": True, "font": "Fraunces"},
                {"text": "one", "underline": True, "fill": MINT},
            ],
        },
    )
    hang(
        "text-looks",
        words("Stroke", [6, 4, 90, 46], 24, style={"stroke": {"color": PINK, "width": 3.0}}),
        words("Fill", [100, 4, 90, 46], 32, style={"fill": linear(BLUE, MINT, angle=90), "weight": 800}),
        words("spaced", [6, 56, 90, 46], 18, style={"letter_spacing": 0.2}),
        words("Two\nlines", [100, 50, 90, 56], 18, style={"line_height": 1.6, "italic": True}),
    )
    plate = {"fill": linear(BLUE, PINK), "padding": [14.0, 8.0], "radius": 12.0}
    hang("text-plate", words("On a plate", vertical="middle", align="center", plate=plate), background=PAPER)
    shadow = {"color": "#000000c0", "x": 3.0, "y": 4.0, "blur": 5.0}
    hang("text-shadow", words("Shadow", size=40, vertical="middle", align="center", shadow=shadow), background=MINT)


def hang_animations() -> None:
    presets = ["fade", "rise", "drop", "zoom", "slide", "blur", "tracking", "typewriter"]
    for by, moment in (("line", 0.15), ("word", 0.25), ("character", 0.35)):
        hang(
            f"text-in-by-{by}",
            *tiled(
                presets, 2,
                lambda preset, box, by=by: words(
                    f"{preset} two\nlines of it", box, 9,
                    animation={"preset": preset, "by": by, "duration": 0.4, "stagger": 0.1, "distance": 12.0},
                ),
            ),
            at=moment,
        )  # fmt: skip
    leave = {"preset": "rise", "by": "character", "duration": 0.4, "stagger": 0.06, "distance": 20.0}
    hang("text-out", words("Leaving us", size=30, exit_animation=leave), at=1.7)
    joined = {"preset": "rise", "by": "character", "duration": 0.5, "stagger": 0.05, "distance": 24.0}
    hang(
        "text-in-persian",
        words("خوش آمدید", size=36, style={"font": "Vazirmatn"}, animation=joined, align="center"),
        at=0.4,
    )


for _hang in (hang_scripts, hang_setting, hang_animations):
    _hang()
