"""Owns repeated requests: a POST that carries an Idempotency-Key has its effect once.

The key is claimed by the first statement of the transaction that makes the effect, and the answer
is kept by its last (draft-ietf-httpapi-idempotency-key-header). A request that is refused leaves
neither. The worker's housekeeping forgets answers after a day, and erasure those that mention the
person: a request that made something of an erased person has no second effect all the same.

A key is its caller's own. Those without a token share one caller: what keeps them apart is that
nobody guesses another's key, and that a request which differs in anything is refused.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import IO, Any, TypeVar, cast
from uuid import UUID

from flask import Response, current_app, g, request
from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from shared.database import LockBusy, Transactions
from shared.errors import Conflict, Rejected
from shared.http.auth import caller
from shared.privacy import keyring as keys
from shared.privacy.kept_answers import ERASED, mentions_in
from shared.privacy.keyring import Keyring
from shared.privacy.personal import PersonErased

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
Result = TypeVar("Result")
View = Callable[..., Any]

_KEY = re.compile(r"[!-~]{1,255}")
_ANYONE = UUID(int=0)
"""The caller under whom the keys of those without a token are kept."""
_SHORTEST_OF_ANYONE = 16
_BLOCK_BYTES = 64 * 1024
_KEPT_HEADERS = ("Content-Type", "Content-Language", "Cache-Control", "Location", "ETag", "Link")
_CLAIM = text("""
    INSERT INTO idempotency_keys (caller_id, key, operation) VALUES (:caller, :key, :operation)
    ON CONFLICT DO NOTHING RETURNING 1
""")
_FOUND = text("""
    SELECT operation, request_hash, status, headers, body FROM idempotency_keys
    WHERE caller_id = :caller AND key = :key
""")
_REMEMBER = text("""
    UPDATE idempotency_keys
    SET request_hash = :hash, status = :status, headers = :headers, body = :body
    WHERE caller_id = :caller AND key = :key
""").bindparams(bindparam("headers", type_=JSONB))


class IdempotencyKeyMalformed(Rejected):
    """The key is empty, too long, or has characters that are not visible ASCII."""

    zh = "Idempotency-Key 须为 1 到 255 个可见 ASCII 字符"
    en = "The Idempotency-Key must have 1 to 255 visible ASCII characters"


class IdempotencyKeyGuessable(Rejected):
    """Without a token the key alone tells callers apart, and it is short enough to be guessed."""

    zh = "不带令牌时 Idempotency-Key 须至少 {least} 个字符，建议用随机 UUID"
    en = "Without a token the Idempotency-Key must have {least} characters or more; take a UUID"


class IdempotencyKeyReused(Conflict):
    """The caller used the key for another request before."""

    zh = "该 Idempotency-Key 已用于另一请求，请换一个新的"
    en = "This Idempotency-Key was used for another request; take a new one"


class _Taken(Exception):
    """Somebody has answered a request with this key; unwinds the view that would do it again."""

    def __init__(self, row: Row[Any]) -> None:
        self.row = row


class _Refused(Exception):
    """The view answered with an error; unwinds what it changed."""

    def __init__(self, answer: Response) -> None:
        self.answer = answer


class RequestTransactions(Transactions):
    """The transactions of a service, joined into one while a request with a key runs."""

    def __init__(self, db: Transactions) -> None:
        """Take engine, clock and keys of the service's own."""
        super().__init__(db.engine, db._clock, db.keyring)

    def read(self, query: Callable[..., Result], *request: Any) -> Result:
        """Run a query, within the request's transaction when it has a key."""
        claim = _running()
        return super().read(query, *request) if claim is None else query(claim.session, *request)

    def _transaction(self, work: Callable[[Session], Result]) -> Result:
        claim = _running()
        return super()._transaction(work) if claim is None else claim.run(work)


def without_idempotency_key(view: View) -> View:
    """Let a POST route pass over the header: it reads, and what it shows is looked up, allowed and
    audited each time.
    """
    vars(view)["linli_without_key"] = True
    return view


def with_anyones_key(view: View) -> View:
    """Let a public POST route honour the header, which it else passes over: what its answer holds
    may be told to whoever sends the same request with the same key.
    """
    vars(view)["linli_with_anyones_key"] = True
    return view


def takes_key(view: View, public: bool) -> bool:
    """Tell whether a POST route honours the header."""
    if public:
        return bool(vars(view).get("linli_with_anyones_key", False))
    return not vars(view).get("linli_without_key", False)


def honours_key(view: View) -> bool:
    """Tell whether a view came from `once_per_key`."""
    return bool(vars(view).get("linli_once_per_key"))


def once_per_key(
    view: View, operation: str, db: RequestTransactions, *, public: bool = False
) -> View:
    """Return the view so that a request with a key runs as one transaction, and once."""

    @wraps(view)
    def answer(**path: Any) -> Any:
        key = request.headers.get(HEADER)
        if key is None:
            return view(**path)
        if not _KEY.fullmatch(key):
            raise IdempotencyKeyMalformed(HEADER)
        if public and len(key) < _SHORTEST_OF_ANYONE:
            raise IdempotencyKeyGuessable(HEADER, least=_SHORTEST_OF_ANYONE)
        who = _ANYONE if public else caller().id
        once = _Once(who, key, operation, _HashedBody(request.environ["wsgi.input"]))
        request.environ["wsgi.input"] = once.body
        try:
            return db.change(once.answer, lambda: current_app.make_response(view(**path)))
        except _Refused as refused:
            return refused.answer
        except _Taken as taken:
            return once.again(taken.row, cast(Keyring, db.keyring))

    vars(answer)["linli_once_per_key"] = True
    return answer


class _HashedBody:
    """The body of a request as it comes in, hashed by the way: it may be too large to keep."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()
        self.read_bytes = 0

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        block = self._stream.read(size)
        self._hash.update(block)
        self.read_bytes += len(block)
        return block

    def hexdigest(self) -> str:
        """Return the hash of the whole body; what the view left is read too."""
        while request.stream.read(_BLOCK_BYTES):
            pass
        return self._hash.hexdigest()


@dataclass
class _Claim:
    """The transaction of a request with a key; the first change claims the key."""

    session: Session
    row: dict[str, Any]
    made: bool = False

    def run(self, work: Callable[[Session], Result]) -> Result:
        """Run one part; when it is refused, nothing of it stays, whatever the view does then.

        Raises:
            _Taken: when the key has an answer already.
        """
        if not self.made:
            self._make()
        with self.session.begin_nested():
            return work(self.session)

    def _make(self) -> None:
        while self.session.execute(_CLAIM, self.row).first() is None:
            # the housekeeping may have deleted it meanwhile
            if (found := self.session.execute(_FOUND, self.row).first()) is not None:
                raise _Taken(found)
        self.made = True


@dataclass(frozen=True)
class _Once:
    """One request with a key."""

    caller: UUID
    key: str
    operation: str
    body: _HashedBody

    @property
    def _row(self) -> dict[str, Any]:
        return {"caller": self.caller, "key": self.key, "operation": self.operation}

    @property
    def _context(self) -> str:
        return f"idempotency:{self.caller}:{self.key}"

    def answer(self, session: Session, view: Callable[[], Response]) -> Response:
        """Run the view in this transaction, and keep its answer when it changed something.

        Raises:
            LockBusy: when it is run again after a deadlock, and its body was not kept.
            _Refused, _Taken
        """
        if self.body.read_bytes and not (request.is_json or "form" in vars(request)):
            raise LockBusy("a streamed body can't be read again")
        claim = g.idempotency_claim = _Claim(session, self._row)
        try:
            answer = view()
        finally:
            del g.idempotency_claim
        if answer.status_code >= 400:
            raise _Refused(answer)
        if claim.made:
            self._remember(session, answer)
        return answer

    def again(self, found: Row[Any], keyring: Keyring) -> Response:
        """Answer as the first time.

        Raises:
            IdempotencyKeyReused: when the key stands for another request.
            PersonErased: when the answer was about somebody who was erased since.
        """
        if found.operation != self.operation or found.request_hash != self._hash(keyring):
            raise IdempotencyKeyReused
        if found.status == ERASED:
            raise PersonErased
        body = keyring.decrypt(found.body, self._context)
        headers = [(name, value) for name, value in found.headers if name in _KEPT_HEADERS]
        answer = Response(body, found.status, headers)
        answer.headers[REPLAYED] = "true"
        return answer

    def _remember(self, session: Session, answer: Response) -> None:
        keyring, body = keys.of(session), answer.get_data()
        headers = [(n, v) for n, v in answer.headers if n in _KEPT_HEADERS]
        kept = {
            "hash": self._hash(keyring),
            "status": answer.status_code,
            "headers": [*headers, *mentions_in(request.full_path, body)],
            "body": keyring.encrypt(body, self._context),
        }
        session.execute(_REMEMBER, self._row | kept)

    def _hash(self, keyring: Keyring) -> bytes:
        """Return a keyed hash of the request: a plain one would let short secrets be guessed."""
        facts = [request.full_path, request.mimetype, request.headers.get("If-Match", "")]
        whole = "\n".join([*facts, self.body.hexdigest()])
        return keyring.blind_index("idempotency", hashlib.sha256(whole.encode()).hexdigest())


def _running() -> _Claim | None:
    return cast("_Claim | None", g.get("idempotency_claim"))
