"""`?page=1&page_size=20&cursor=…` as a type in an endpoint's signature."""

from typing import Annotated

from flatrender.kernel.paging import MAX_PAGE_SIZE, PageRequest
from flatrender.web.framework import Depends, Query


async def _paging(
    page: Annotated[int, Query(ge=1, le=100)] = 1,
    page_size: Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE)] = 20,
    cursor: Annotated[str | None, Query(max_length=2048)] = None,
) -> PageRequest:
    return PageRequest(page=page, page_size=page_size, cursor=cursor)


Paging = Annotated[PageRequest, Depends(_paging)]
