"""What can go wrong with templates."""

from flatrender.kernel.errors import NotFound, PayloadTooLarge, Unprocessable


class TemplateNotFound(NotFound):
    code = "template_not_found"
    message = "There is no such template, or it is not yours. GET /v1/templates lists those you may use."


class TemplateTooLarge(PayloadTooLarge):
    code = "template_too_large"
    message = "The template is larger than what can be stored."


class TemplateInvalid(Unprocessable):
    code = "template_invalid"
    message = "The template cannot be published as it is; see details.faults."
