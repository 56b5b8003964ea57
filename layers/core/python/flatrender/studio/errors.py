"""What can go wrong with projects."""

from flatrender.kernel.errors import Conflict, NotFound, PayloadTooLarge, TooManyRequests, Unprocessable


class ProjectNotFound(NotFound):
    code = "project_not_found"
    message = "There is no such project, or it is not yours."


class ProjectChanged(Conflict):
    code = "project_changed"
    message = "The project was changed since you read it. Read it again and repeat your change on its new revision."


class TooManyProjects(TooManyRequests):
    code = "too_many_projects"
    message = "You have as many projects as one may. Remove some that you do not need."


class ProjectTooLarge(PayloadTooLarge):
    code = "project_too_large"
    message = "The project is larger than what can be stored."


class ProjectUnstorable(Unprocessable):
    """The document is JSON to Python only: NaN, half a surrogate pair, bottomless nesting."""

    code = "project_unstorable"
    message = "The project cannot be saved as it is; see details.faults."


class ProjectInvalid(Unprocessable):
    code = "project_invalid"
    message = "The project cannot be drawn as it is; details.faults says all that is wrong."


class PreviewTooLarge(PayloadTooLarge):
    code = "preview_too_large"
    message = "The files of this project are too large for a still preview. A draft render shows it."


class ProjectSourceMismatch(Unprocessable):
    code = "project_source_mismatch"
    message = "A template's project has inputs, any other has a composition."


class PreviewOutOfRange(Unprocessable):
    code = "preview_out_of_range"
    message = "There is nothing to show at this time point."


class WatermarkInvalid(Unprocessable):
    code = "watermark_invalid"
    message = "This watermark cannot be drawn; details.faults says why."
