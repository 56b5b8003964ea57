"""Hard limits of a composition, so that a hostile document ends in a clear fault, quickly."""

from typing import Final

MAX_DOCUMENT_NODES: Final = 60_000
"""JSON values in a document, counted before anything else looks at it."""
MAX_DOCUMENT_DEPTH: Final = 24
MAX_KEY: Final = 200
"""Characters of a field's name."""
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
MAX_PATH_NUMBER: Final = 1e6
MAX_COORDINATE: Final = 20_000.0
MIN_SIDE: Final = 0.01
"""Of a box that something is drawn in."""
MAX_PICTURE_PIXELS: Final = 50_000_000
MAX_FONT_SIZE: Final = 1_000.0
MAX_BLUR: Final = 100.0
MAX_THEME_ENTRIES: Final = 32
MAX_INPUTS: Final = 60
MAX_CHOICES: Final = 50
MAX_EXPRESSION: Final = 500
"""Characters of an expression."""
MAX_EXPRESSION_NODES: Final = 200
MAX_EXPRESSION_DEPTH: Final = 40
MAX_EXPRESSIONS: Final = 500
"""In a whole document, definitions expanded: all may be evaluated in every frame."""
