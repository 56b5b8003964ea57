"""Hard limits of a composition, so that a hostile document ends in a clear fault, quickly."""

from typing import Final

MAX_DOCUMENT_NODES: Final = 60_000
"""JSON values in a document, counted before anything else looks at it."""
MAX_DOCUMENT_DEPTH: Final = 24
MAX_KEY: Final = 200
"""Characters of a field's name."""
MAX_ADDRESS: Final = 2_000
"""Characters of `$schema`."""
MAX_FAULTS: Final = 100
"""Faults reported at once; the rest is summed up in the last one."""

MIN_CANVAS: Final = 16
MAX_CANVAS: Final = 4096
MAX_CANVAS_PIXELS: Final = 4096 * 2304
MIN_FPS: Final = 12
MAX_FPS: Final = 60

MAX_DURATION: Final = 3600.0
"""Seconds, of a scene and of the whole."""
MIN_SCENE: Final = 0.1
MIN_LOOP: Final = 0.05
"""Seconds that are repeated."""
MAX_TRANSITION: Final = 5.0
MAX_SCENES: Final = 100
MAX_LAYERS: Final = 500
"""In the whole document, groups and their children included."""
MAX_NESTING: Final = 5
"""Groups within groups."""
MAX_AUDIO_TRACKS: Final = 20
MAX_KEYFRAMES: Final = 200
MAX_STOPS: Final = 16
MAX_RUNS: Final = 50
MAX_TEXT: Final = 2_000
"""Characters in one text layer, all runs together."""
MAX_PATH: Final = 20_000
"""Characters of SVG path data."""
MAX_PATHS: Final = 100_000
"""Characters of all keyframes of a path."""
MAX_PATH_NUMBER: Final = 1e6
MAX_COORDINATE: Final = 20_000.0
MIN_SIDE: Final = 0.01
"""Of a box that something is drawn in."""
MAX_PICTURE_PIXELS: Final = 50_000_000
MAX_FONT_SIZE: Final = 1_000.0
MAX_BLUR: Final = 100.0
MAX_SMEAR: Final = 1_000.0
MAX_THEME_ENTRIES: Final = 32
MAX_INPUTS: Final = 60
MAX_CHOICES: Final = 50
MAX_LUT_SIDE: Final = 65
"""Entries along each edge of an uploaded LUT."""
MAX_NESTED: Final = 32
"""Compositions that a document defines."""
MAX_PROPERTIES: Final = 32
"""Of a nested composition."""
MAX_TARGETS: Final = 16
MAX_TARGET: Final = 200
"""Characters."""
MAX_MASKS: Final = 8
MAX_EXPRESSION: Final = 500
"""Characters of an expression."""
MAX_EXPRESSION_NODES: Final = 200
MAX_EXPRESSION_DEPTH: Final = 40
MAX_EXPRESSIONS: Final = 500
"""In a whole document, definitions expanded: all may be evaluated in every frame."""
MAX_SVG_BYTES: Final = 2 * 2**20
MAX_SVG_ELEMENTS: Final = 20_000
MAX_SVG_DEPTH: Final = 64
MAX_SVG_REFERENCES: Final = 8
"""Masks within masks, patterns within patterns and so on."""
MAX_SVG_RULES: Final = 2_000
MAX_SVG_ATTRIBUTES: Final = 100
"""Of one element."""
MAX_SVG_MATCHES: Final = 1_000_000
"""Style rules tried on elements."""
MAX_SVG_WRITTEN: Final = 6 * 2**20
"""Characters of a drawing with all that it repeats."""
MAX_SVG_DRAWN: Final = 20_000
"""Elements, those that `<use>` repeats counted each time."""
MAX_SVG_COST: Final = 60_000
"""In elements, what is masked, filtered or tiled counted by what that takes."""
MAX_LOTTIE_BYTES: Final = 8 * 2**20
MAX_CAPTIONS: Final = 10_000
"""Cues in a captions file."""
MAX_CAPTIONS_BYTES: Final = 2 * 2**20
MAX_CAPTION_TEXT: Final = 1_000
"""Characters in one cue, tags included."""
MAX_INLINE_CUES: Final = 1_000
MAX_INLINE_CAPTIONS: Final = 100_000
"""Characters of all cues within a document."""
MAX_CUE_WORDS: Final = 200
MAX_LOTTIE_SIDE: Final = 10_000
MAX_LOTTIE_RATE: Final = 240
MAX_LOTTIE_DEPTH: Final = 128
MAX_LOTTIE_VALUES: Final = 2_000_000
MAX_LOTTIE_NUMBER: Final = 1e9
MAX_LOTTIE_LAYERS: Final = 5_000
"""Those of nested compositions counted each time they are shown."""
MAX_LOTTIE_NESTING: Final = 16
MAX_LOTTIE_COPIES: Final = 200
"""Of one shape, by repeaters in repeaters."""
MAX_LOTTIE_POINTS: Final = 500
"""Of a star."""
MAX_LOTTIE_PICTURES: Final = 16_000_000
"""Pixels of all embedded pictures together."""
MAX_LOTTIE_TEXT: Final = 10_000
"""Characters in all texts of a Lottie."""
MAX_SLOTS: Final = 64
MAX_LOTTIES: Final = 24
"""Lottie layers of a composition."""
MAX_SVG_COLORS: Final = 32
