"""The one way out: proxy, certificates, time-outs and retries of every request."""

from __future__ import annotations

import json
import re
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

import requests
import truststore
from requests.adapters import HTTPAdapter
from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from igh_geo import __version__
from igh_geo.errors import DataError, Problem

# Statuses that pass by themselves; any other means that asking again gives the same answer.
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_MOST_REDIRECTS = 3
_LONGEST_MESSAGE = 300


class ServiceError(DataError):
    """A service cannot be reached, or does not answer as it should."""


class NotThereError(ServiceError):
    """The service knows no such collection, table or page (404)."""


class RefusedError(ServiceError):
    """The service refuses the question (400)."""


@dataclass(frozen=True)
class Patience:
    """How long a service gets.

    Parameters
    ----------
    attempts : int
        Requests for the same page before it is given up.
    timeout_s : float
        Seconds without a single byte before a request counts as failed.
    first_wait_s, longest_wait_s : float
        Seconds before the second attempt, doubled before every next one, and the most that is
        waited. A service that asks for more with Retry-After is given up at once.
    """

    attempts: int = 6
    timeout_s: float = 60.0
    first_wait_s: float = 1.0
    longest_wait_s: float = 120.0


@dataclass(frozen=True)
class Answer:
    """What a service answered.

    Attributes
    ----------
    url : str
        The address as it was asked, with its parameters unless they are private.
    content : bytes
        The body, unpacked.
    value : Any
        The body as JSON.
    etag : str
        The mark of this version, where the service gives one.
    """

    url: str
    content: bytes
    value: Any
    etag: str = ""


class Web:
    """A session with the services, through the proxy and the certificates of the system.

    Parameters
    ----------
    base : str, optional
        Scheme and host that take the place of those of every service: a mirror inside the
        house, or a server of a test.
    patience : Patience
        How long a service gets.
    tell : callable, optional
        Gets a line when a service is waited for.
    """

    def __init__(
        self,
        *,
        base: str | None = None,
        patience: Patience = Patience(),
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self.base = base.rstrip("/") if base else None
        self.patience = patience
        self.tell = tell or (lambda _line: None)
        self._session = requests.Session()
        self._session.headers["User-Agent"] = f"igh-geo/{__version__}"
        self._session.mount("https://", _SystemCertificates())

    def get_json(
        self, url: str, params: Mapping[str, str] | None = None, *, is_private: bool = False
    ) -> Answer:
        """Ask for JSON, and go on asking while the service stumbles.

        Parameters
        ----------
        url : str
            Address of the service.
        params : mapping of str, optional
            What is added to it as parameters.
        is_private : bool
            The parameters may not be repeated in a message (addresses of cases).

        Returns
        -------
        Answer

        Raises
        ------
        NotThereError, RefusedError
            On 404 and 400.
        ServiceError
            When the service cannot be reached, keeps failing, asks for more time than it gets,
            sends us elsewhere, or answers with a web page instead of data.
        """
        where = self._placed(url)
        host = str(urlsplit(where).hostname)
        wait_s = self.patience.first_wait_s
        for attempt in range(1, self.patience.attempts + 1):
            try:
                return self._ask(where, params, is_private=is_private)
            except _PassingError as passing:
                if attempt == self.patience.attempts:
                    raise _given_up(where, passing, attempt) from passing.__cause__
                asked_s = passing.retry_after_s
                if asked_s is not None and asked_s > self.patience.longest_wait_s:
                    raise _asks_for_rest(host, asked_s) from passing.__cause__
                pause_s = min(max(wait_s, asked_s or 0.0), self.patience.longest_wait_s)
                self.tell(
                    f"  {host}: {passing.reason}; asking again in {pause_s:.0f} s "
                    f"({attempt} of {self.patience.attempts - 1})"
                )
                time.sleep(pause_s)
                wait_s *= 2
        raise AssertionError("every attempt returns or raises")

    def _placed(self, url: str) -> str:
        if self.base is None:
            return url
        parts = urlsplit(url)
        return self.base + urlunsplit(("", "", parts.path, parts.query, ""))

    def _ask(self, url: str, params: Mapping[str, str] | None, *, is_private: bool) -> Answer:
        reply = self._reply(url, params)
        if reply.status_code in PASSING:
            raise _PassingError(
                f"status {reply.status_code}{_said(reply, is_private=is_private)}",
                retry_after_s=_retry_after(reply),
            )
        _refuse_status(reply, is_private=is_private)
        if _is_web_page(reply):
            raise _web_page(reply.url)
        try:
            value = json.loads(reply.content)
        except (ValueError, RecursionError) as error:
            raise _PassingError("the answer is cut off or no JSON") from error
        return Answer(
            reply.url if not is_private else url,
            reply.content,
            value,
            reply.headers.get("ETag", ""),
        )

    def _reply(self, url: str, params: Mapping[str, str] | None) -> requests.Response:
        host = urlsplit(url).hostname
        for _ in range(_MOST_REDIRECTS + 1):
            try:
                reply = self._session.get(
                    url,
                    params=params,
                    timeout=(min(20.0, self.patience.timeout_s), self.patience.timeout_s),
                    allow_redirects=False,
                )
            except requests.exceptions.SSLError as error:
                raise _untrusted(str(host), error) from error
            except requests.exceptions.ProxyError as error:
                raise _PassingError("the proxy cannot be reached or refuses") from error
            except requests.exceptions.Timeout as error:
                raise _PassingError(f"no answer in {self.patience.timeout_s:g} s") from error
            except (
                requests.exceptions.ConnectionError,
                requests.exceptions.ChunkedEncodingError,
                requests.exceptions.ContentDecodingError,
            ) as error:
                raise _PassingError("the connection failed or broke off") from error
            except requests.exceptions.RequestException as error:
                raise _unreachable(str(host), error) from error
            if not reply.is_redirect:
                return reply
            # A network that wants a login sends every question to its own page; and an address
            # of a case must never follow to another host.
            target = urljoin(url, reply.headers["Location"])
            if urlsplit(target).hostname != host:
                raise _sent_elsewhere(str(host), str(urlsplit(target).hostname))
            if urlsplit(url).scheme == "https" and urlsplit(target).scheme != "https":
                raise _sent_elsewhere(str(host), f"{host} without encryption")
            url, params = target, None
        raise _sent_elsewhere(str(host), f"{host}, again and again")


class _SystemCertificates(HTTPAdapter):
    """Checks certificates against the store of the system, where an organisation keeps its own."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as the base
        self._context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:  # noqa: ANN401 - as the base
        return super().proxy_manager_for(proxy, ssl_context=self._context, **kwargs)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:  # noqa: ANN401
        # Without a bundle of its own (REQUESTS_CA_BUNDLE) requests would add that of certifi.
        if verify is True and cert is None:
            conn.cert_reqs = "CERT_REQUIRED"
        else:
            super().cert_verify(conn, url, verify, cert)


class _PassingError(Exception):
    """A fault after which the same question may be answered."""

    def __init__(self, reason: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after_s = retry_after_s


def _retry_after(reply: requests.Response) -> float | None:
    told = reply.headers.get("Retry-After")
    if told is None:
        return None
    try:
        return Retry().parse_retry_after(told)
    except InvalidHeader:
        return None


def _is_web_page(reply: requests.Response) -> bool:
    kind = reply.headers.get("Content-Type", "").lower()
    return "html" in kind or reply.content.lstrip()[:1] == b"<"


def _said(reply: requests.Response, *, is_private: bool) -> str:
    """What the service says of a fault itself, in the forms of OGC, OData and plain text."""
    if is_private or _is_web_page(reply):
        return ""
    try:
        told = json.loads(reply.content)
    except (ValueError, RecursionError):
        told = reply.text
    for key in ("odata.error", "error", "message", "detail", "title", "value"):
        if isinstance(told, dict) and key in told:
            told = told[key]
    text = re.sub(r"\s+", " ", told if isinstance(told, str) else "").strip()
    return f": {text[:_LONGEST_MESSAGE]}" if text else ""


def _refuse_status(reply: requests.Response, *, is_private: bool) -> None:
    status = reply.status_code
    if status < 300:
        return
    place = _without_parameters(reply.url)
    said = _said(reply, is_private=is_private)
    if status == 404:
        raise NotThereError(
            str(
                Problem(
                    "The service has what is asked for.",
                    f"{place} answers 404 (not there){said}",
                    "check the year, the table or the level that was asked for",
                )
            )
        )
    if status == 400:
        raise RefusedError(
            str(
                Problem(
                    "The service understands the question.",
                    f"{place} answers 400{said}",
                    "the service may have changed: tell the makers of igh-geo what stands here",
                )
            )
        )
    remedy = "ask your ICT department whether the host may be reached from this machine"
    if status == 407:
        remedy = "the proxy asks for a password: ask your ICT department for the proxy to use"
    problem = Problem("The service answers.", f"{place} answers {status}{said}", remedy)
    raise ServiceError(str(problem))


def _without_parameters(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))


def _given_up(url: str, passing: _PassingError, attempts: int) -> ServiceError:
    problem = Problem(
        "The service answers.",
        f"{_without_parameters(url)} failed {attempts} times, the last time with: {passing.reason}",
        "try again later: what has come in is kept, and the same command goes on from there. "
        "If it never answers, ask your ICT department whether the host may be reached "
        "(proxy: HTTPS_PROXY)",
    )
    return ServiceError(str(problem))


def _asks_for_rest(host: str, seconds: float) -> ServiceError:
    problem = Problem(
        "The service may be asked now.",
        f"{host} asks to wait {seconds:.0f} s before the next question",
        "run the same command again after that: it goes on where it stopped",
    )
    return ServiceError(str(problem))


def _web_page(url: str) -> ServiceError:
    problem = Problem(
        "The service answers with data.",
        f"{urlsplit(url).hostname} answers with a web page",
        "the network probably wants a login first: open any site in a browser, log in, and run "
        "the command again; or ask your ICT department to let this host through the proxy",
    )
    return ServiceError(str(problem))


def _untrusted(host: str, error: Exception) -> ServiceError:
    # The outer error repeats the whole question, in which there may be an address.
    inner = getattr(error.args[0], "reason", None) if error.args else None
    reason = re.sub(r"\s+", " ", str(inner or type(error).__name__))[:_LONGEST_MESSAGE]
    problem = Problem(
        "The certificate of the service is trusted by this machine.",
        f"{host}: {reason}",
        "an organisation that inspects traffic has a root certificate of its own: it belongs in "
        "the certificate store of the system, or in a file that REQUESTS_CA_BUNDLE names. Ask "
        "your ICT department; the check is never switched off",
    )
    return ServiceError(str(problem))


def _unreachable(host: str, error: Exception) -> ServiceError:
    problem = Problem(
        "The service can be reached.",
        f"{host}: {type(error).__name__}",
        "check the proxy (HTTPS_PROXY) and IGH_GEO_SERVICES, if they are set",
    )
    return ServiceError(str(problem))


def _sent_elsewhere(host: str, target: str) -> ServiceError:
    problem = Problem(
        "A service answers itself.",
        f"{host} sends us on to {target}",
        "the network probably wants a login first: open any site in a browser, log in, and run "
        "the command again",
    )
    return ServiceError(str(problem))
