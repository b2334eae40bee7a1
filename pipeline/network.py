"""What holds for everything that is fetched: it ends, and asks no machine for its secrets."""

import ipaddress
import socket
from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urljoin, urlsplit

from pipeline.errors import InputError

if TYPE_CHECKING:
    import requests

T = TypeVar("T")
REDIRECTS = 10  # that are followed
# Where clouds tell a machine its credentials, besides the link-local 169.254.169.254.
METADATA = ("fd00:ec2::254", "100.100.100.200")
EMBEDDED = ("::/96", "64:ff9b::/96")  # IPv6 with an IPv4 address in its last 32 bits


def within(seconds: float, work: Callable[[], T]) -> T:
    """Do the work in a thread, and return what it returns, or raise what it raises.

    However it hangs (in a name server, in headers that never end) this comes back. The thread then
    is left alone; it ends with the process at the latest.

    Raises:
        TimeoutError: it took longer.
    """
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:  # raised where the result is waited for
            done.set_exception(error)

    Thread(target=run, daemon=True).start()
    try:
        return done.result(seconds)
    except TimeoutError:
        if done.done():  # the work's own
            raise
        raise TimeoutError(f"no answer within {seconds:g} seconds") from None


def check_address(url: str, link_local: bool = False) -> None:
    """Refuse an address that is not http(s), or that leads to a machine's own services.

    Raises:
        InputError: its scheme is another, or its host is a link-local or metadata address, however
            it is written, or a name of one (unless `link_local`).
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise InputError(f"{url} is not http(s)://, and no other redirect is followed")
    if link_local:
        return
    try:
        found = socket.getaddrinfo(parts.hostname, None)
    except (OSError, UnicodeError):  # whoever connects says so
        return
    for address in {str(entry[4][0]) for entry in found}:
        if is_link_local(address):
            raise InputError(
                f"{parts.hostname} is {address}, an address of this machine's network or cloud "
                "that may give secrets away; if it is meant, set download.link_local=true"
            )


def check_redirect(answer: "requests.Response", link_local: bool = False) -> None:
    """Refuse an answer that leads elsewhere, if `check_address` refuses that."""
    if answer.is_redirect:
        try:
            check_address(urljoin(answer.url, answer.headers["Location"]), link_local)
        except InputError:
            answer.close()
            raise


def is_link_local(address: str) -> bool:
    """Say whether an IP address is link-local or a cloud's metadata, also as IPv4 within IPv6."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    held = [ip]
    if isinstance(ip, ipaddress.IPv6Address):
        held += [inner for inner in (ip.ipv4_mapped, ip.sixtofour) if inner]
        if any(ip in ipaddress.ip_network(network) for network in EMBEDDED):
            held.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
    return any(one.is_link_local or str(one) in METADATA for one in held)
