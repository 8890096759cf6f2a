import pytest

from auth.domain.devices import describe_device, shorten_address

_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", "Firefox on Linux"),
        (f"{_WINDOWS} {_WEBKIT}", "Chrome on Windows"),
        (f"{_WINDOWS} {_WEBKIT} Edg/131.0.0.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18.1 Safari/604.1", "Safari on iPhone"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {_WEBKIT}", "Chrome on Android"),
        ("Firefox/133.0", "Firefox"),
        ("curl/8.11.0", "curl"),
        ("x" * 10_000, "x" * 40),
        (None, "unknown device"),
        ("", "unknown device"),
        ("<script>alert(1)</script>", "unknown device"),
        ("\u202eevil", "unknown device"),
        ("curl\r\nset-cookie: a=b", "curl"),
    ],
)
def test_a_device_is_described_shortly_and_safely(user_agent: str | None, device: str) -> None:
    assert describe_device(user_agent) == device


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("::1", "::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("unknown", "unknown"),
        ("203.0.113.77, 10.0.0.1", "unknown"),
    ],
)
def test_an_address_is_shortened_to_its_network(address: str, network: str) -> None:
    assert shorten_address(address) == network
