from typing import get_args

from flatrender.composition import profiles
from flatrender.render import schemas


def test_resolutions_and_qualities_are_those_of_the_profiles() -> None:
    assert get_args(schemas.Resolution.__value__) == get_args(profiles.Resolution.__value__)
    assert get_args(schemas.Quality.__value__) == get_args(profiles.Quality.__value__)
