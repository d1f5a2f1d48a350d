"""Every error the vendors document, or that is recorded of them: status, code, message."""

from __future__ import annotations

from typing import Any

MODEL_STUDIO = (
    (400, "InvalidParameter", "The messages information cannot be empty."),
    (400, "InvalidParameter", "The specified thread has been deleted or does not exist."),
    (400, "InvalidParameter", "The specified message has been deleted or does not exist."),
    (400, "InvalidParameter", "The specified message file not exist."),
    (400, "InvalidParameter", "The specified run has been deleted or does not exist."),
    (400, "InvalidParameter", "The specified run step does not exist."),
    (400, "InvalidParameter", "The specified assistant has been deleted or does not exist."),
    (400, "InvalidParameter", "The specified assistant file has been deleted or does not exist."),
    (400, "InvalidParameter", "Order must be 'asc' or 'desc'"),
    (400, "InvalidParameter", "Limit must be between 1 and 100"),
    (400, "InvalidParameter", "Invalid URL provided in your request."),
    (400, "InvalidParameter", "API key or Uid is missing. Please provide a valid API key or Uid."),
    (400, "InvalidParameter", "Required parameter(s) missing or invalid, please check the request parameters."),
    (400, "InvalidParameter", "Required body invalid, please check the request body format."),
    (400, "InvalidParameter", "Request method 'GET' is not supported."),
    (400, "BadRequest.IllegalInput", "The input parameter requires json format."),
    (400, "Arrearage", "Access denied, please make sure your account is in good standing."),
    (400, "DataInspectionFailed", "Input or output data may contain inappropriate content."),
    (400, "BadRequest.TooLarge", "Payload Too Large."),
    (401, "InvalidApiKey", "Invalid API-key provided."),
    (401, "InvalidApiKey", "No API-key provided."),
    (401, "NOT AUTHORIZED", "Access denied: Either you are not authorized to access this workspace, or it does not exist."),
    (403, "Workspace.AccessDenied", "Workspace access denied."),
    (403, "AccessDenied", "Access denied."),
    (403, "Model.AccessDenied", "Model access denied."),
    (403, "AccessDenied.Unpurchased", "Access to model denied. Please make sure you are eligible for using the model."),
    (403, "AllocationQuota.FreeTierOnly", "The free tier of the model has been exhausted."),
    (404, "WorkSpaceNotFound", "WorkSpace can not be found."),
    (404, "NotFound", "Not found!"),
    (404, "ModelNotFound", "Model can not be found."),
    (408, "RequestTimeOut", "Request timed out, please try again later."),
    (413, "BadRequest.TooLarge", "Payload Too Large."),
    (429, "Throttling", "Requests throttling triggered."),
    (429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later."),
    (429, "Throttling.BurstRate", "Request rate increased too quickly."),
    (429, "Throttling.AllocationQuota", "Allocated quota exceeded, please increase your quota limit."),
    (429, "CommodityNotPurchased", "Commodity has not purchased yet."),
    (429, "PrepaidBillOverdue", "The prepaid bill is overdue."),
    (429, "PostpaidBillOverdue", "The postpaid bill is overdue."),
    (500, "RequestTimeOut", "Request timed out, please try again later."),
    (500, "InternalError", "An internal error has occured, please try again later or contact service support."),
    (500, "InternalError.Timeout", "An internal timeout error has occured during execution, please try again later."),
    (500, "SystemError", "An system error has occured, please try again later."),
    (503, "ModelUnavailable", "Model is unavailable, please try again later."),
)

_ID = "30d05399-ea69-4b10-93be-0dcebb70e255"
_CODES = (
    "InvalidRequestArgumentError",
    "QuotaLimitExceeded",
    "TemplateValuesError",
    "QuotaLimitExpired",
    "PermissionDeniedError",
    "AppStatusInvalidError",
    "TokenStatusInvalidError",
    "QueryParamInvalidError",
    "AccountNotExistError",
    "NoFileUploadedError",
    "TooManyFilesError",
    "FileTooLargeError",
    "UnsupportedFileTypeError",
    "InvalidFileError",
    "SdkTokenNotExistError",
    "RequestExpired",
)
_BUSINESS = ("threadId不存在", "当前run不存在", "messageId不存在", "fileId不存在", "metadata: too long", "业务逻辑异常")


def _business(message: str, param: str) -> dict[str, Any]:
    return {"error": {"code": "unknown", "message": message, "type": "invalid_request_error", param: None}}


def _gateway(code: object, message: str) -> dict[str, Any]:
    return {"requestId": _ID, "code": code, "message": message}


APPBUILDER: tuple[tuple[int, dict[str, Any]], ...] = (
    (401, _gateway(216003, "Authentication error: ( Unsupported authorization header type )")),
    (
        401,
        _gateway(216003, "Authentication error: ( [Code: InvalidHTTPAuthHeader; Message: Fail to parse apikey authorization] )"),
    ),
    (400, {"code": "QuotaLimitExceeded", "message": "quota资源已达上限", "request_id": _ID}),
    *((400, {"code": code, "message": "…", "requestId": _ID}) for code in _CODES),
    *((200, _business(message, param)) for message in _BUSINESS for param in ("param", "params")),
    (404, _gateway("NotFound", "…")),
    (405, _gateway("MethodNotAllowed", "…")),
    (429, _gateway("TooManyRequests", "…")),
    (500, _gateway("InternalServerError", "…")),
)

ERRORS: tuple[tuple[str, int, dict[str, Any]], ...] = (
    *(("model_studio", status, {"code": code, "message": text, "request_id": _ID}) for status, code, text in MODEL_STUDIO),
    *(("appbuilder", status, body) for status, body in APPBUILDER),
)
"""Vendor, HTTP status, body."""
