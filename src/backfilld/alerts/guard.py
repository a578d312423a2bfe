"""Where a sending process may connect to: decided for each address at the moment it is connected to.

A name that is looked up twice may mean two things; what the kernel is about to connect to means one. So this rests on
the interpreter's audit events and not on names, and follows redirects and every library alike.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
_CONNECTING = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})


class Guard:
    """Lets public addresses pass, and of all others those that are listed: names, addresses or networks."""

    def __init__(self, listed: Iterable[str]) -> None:
        self._networks = [network for each in listed for network in _networks_of(each)]
        self.refused: str | None = None
        """The last address that was refused."""

    def install(self) -> None:
        """Watch this process from now on, for good: only for one that does nothing but send."""
        sys.addaudithook(self._look)

    def lets(self, address: Address) -> bool:
        """Whether that may be connected to."""
        plain = getattr(address, "ipv4_mapped", None) or address
        if plain.is_global and not plain.is_multicast:
            return True
        return any(plain in network for network in self._networks if network.version == plain.version)

    def _look(self, event: str, args: tuple[object, ...]) -> None:
        if event not in _CONNECTING or not isinstance(args[1], tuple):
            return
        host, port = args[1][:2]
        address = ip_address(str(host).partition("%")[0])
        if not self.lets(address):
            self.refused = f"{address} port {port}"
            raise PermissionError(f"{self.refused} may not be connected to")


def _networks_of(listed: str) -> list[IPv4Network | IPv6Network]:
    """What was listed, as networks; a name stands for the addresses that it has now."""
    try:
        return [ip_network(listed, strict=False)]
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(listed, None, proto=socket.IPPROTO_TCP)
    except OSError:  # a name that means nothing allows nothing
        return []
    return [ip_network(str(address[0]).partition("%")[0]) for *_, address in found]
