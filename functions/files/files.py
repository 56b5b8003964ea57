"""/v1/files: ask to upload, list, read and delete files."""

from typing import Annotated

from flatrender.files import service
from flatrender.files.errors import FileNotFound, FileTooLarge, StorageFull, TooManyUploads, UnsupportedType
from flatrender.files.schemas import File, Kind, Upload, UploadRequest
from flatrender.kernel.ids import Id
from flatrender.kernel.paging import Page
from flatrender.web.api import Query, api, entrypoint, errors
from flatrender.web.caller import FilesRead, FilesWrite
from flatrender.web.paging import Paging

app = api("Files")


@app.post("/v1/files", status_code=201, responses=errors(FileTooLarge, UnsupportedType, StorageFull, TooManyUploads))
def create(body: UploadRequest, caller: FilesWrite) -> Upload:
    return service.create(caller, body)


@app.get("/v1/files")
def page(caller: FilesRead, paging: Paging, kind: Annotated[Kind | None, Query()] = None) -> Page[File]:
    return service.page(caller, paging, kind)


@app.get("/v1/files/{file_id}", responses=errors(FileNotFound))
def get(file_id: Id, caller: FilesRead) -> File:
    return service.get(caller, file_id)


@app.delete("/v1/files/{file_id}", status_code=204, responses=errors(FileNotFound))
def delete(file_id: Id, caller: FilesWrite) -> None:
    service.delete(caller, file_id)


handler = entrypoint(app)
