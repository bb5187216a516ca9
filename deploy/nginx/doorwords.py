"""Own what the front door itself answers to what it refuses, in Chinese and English."""

from dataclasses import dataclass

from deploy.local.templates import render


@dataclass(frozen=True)
class DoorProblem:
    """One answer; its words are those of the services for the same status."""

    status: int
    kind: str
    zh: str
    en: str
    retry_after: str = ""
    early: bool = False
    """Raised before there is a location: nginx gets there by an address, else by a name."""

    @property
    def place(self) -> str:
        """The location's name in nginx.conf."""
        return f"= /problem-{self.status}" if self.early else f"@problem_{self.status}"


PROBLEMS = (
    DoorProblem(400, "bad-request", "请求无法解析", "The request can't be read", early=True),
    DoorProblem(404, "not-found", "未找到", "Not found"),
    DoorProblem(
        405,
        "method-not-allowed",
        "此地址不支持该方法",
        "This address doesn't support the method",
        early=True,
    ),
    DoorProblem(413, "request-entity-too-large", "请求内容过大", "The request is too large"),
    DoorProblem(
        414,
        "request-uri-too-long",
        "请求地址或请求头过长",
        "The address or a header is too long",
        early=True,
    ),
    DoorProblem(
        429,
        "too-many",
        "请求过于频繁，请稍后再试",
        "Too many requests; try again later",
        retry_after="2",
    ),
    DoorProblem(
        500,
        "internal-server-error",
        "系统内部错误，已记录",
        "An internal error; it has been recorded",
    ),
    DoorProblem(501, "not-implemented", "不支持该请求", "This is not supported", early=True),
    DoorProblem(
        503,
        "unavailable",
        "服务暂时不可用，请稍后再试",
        "Temporarily unavailable; try again later",
        retry_after="2",
    ),
)


def titles() -> str:
    """Return a map of nginx per answer: the language into the title."""
    return "".join(
        f"\n    map $linli_language $linli_title_{one.status} {{\n"
        f'        en "{one.en}";\n        default "{one.zh}";\n    }}\n'
        for one in PROBLEMS
    )


def locations() -> str:
    """Return a location of nginx per answer."""
    return "".join(
        render(
            "nginx/problem.conf",
            place=one.place,
            status=one.status,
            kind=one.kind,
            retry_after=one.retry_after,
        )
        for one in PROBLEMS
    )
