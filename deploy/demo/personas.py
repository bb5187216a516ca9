"""Owns who plays in the stories: each persona signs in and acts with a token of its own."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import requests

USERNAMES = {
    "区文明办": "wenmingban.zhou",
    "检查员": "jiancha.shen",
    "复查员": "jiancha.gong",
    "街道分管领导": "jinchang.lu",
    "管区书记": "guanqu.qian",
    "社区书记": "sanyuan1.xu",
    "网格员": "sanyuan1.wangge",
    "物业处理员": "wuye.chen",
    "志愿者甲": "zhiyuan.zhu",
    "志愿者乙": "zhiyuan.shi",
    "账号管理员": "zhanghao.tang",
}
"""Personas, and their accounts in accounts.csv."""

_FRESH_SECONDS = 480.0


@dataclass
class SignedIn:
    """Signs personas in when they first act, and again before their tokens run out."""

    address_of: Callable[[str], str]
    password: str = field(repr=False)
    _tokens: dict[str, tuple[float, str]] = field(default_factory=dict, repr=False)

    def token_of(self, persona: str) -> str:
        """Return a token of a persona.

        Raises:
            requests.HTTPError: when the gateway refuses the sign-in.
        """
        since, token = self._tokens.get(persona, (0.0, ""))
        if not token or time.monotonic() - since > _FRESH_SECONDS:
            token = self._sign_in(USERNAMES[persona])
            self._tokens[persona] = (time.monotonic(), token)
        return token

    def _sign_in(self, username: str) -> str:
        answer = requests.post(
            f"{self.address_of('gateway')}/api/v1/gateway/session",
            json={"username": username, "password": self.password},
            timeout=30,
        )
        answer.raise_for_status()
        return str(answer.json()["access_token"])
