"""Certificates for servers on this machine, made for each run, so that no private key lies in the repository."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from Crypto.Hash import SHA256
from Crypto.PublicKey import ECC
from Crypto.Signature import DSS
from Crypto.Util.asn1 import DerBitString, DerInteger, DerObjectId

_SEQUENCE, _SET, _OCTETS, _UTF8, _UTC_TIME = 0x30, 0x31, 0x04, 0x0C, 0x17
_VERSION, _EXTENSIONS, _DNS_NAME = 0xA0, 0xA3, 0x82


class Certificate:
    """A self-signed certificate for one host name, on files in `directory`."""

    def __init__(self, directory: Path, host: str) -> None:
        key = ECC.generate(curve="P-256")
        body = _certificate_body(key, host)
        signature = DSS.new(key, "fips-186-3", encoding="der").sign(SHA256.new(body))
        whole = _tagged(_SEQUENCE, body, _algorithm(), DerBitString(signature).encode())
        self._certificate, self._key = directory / f"{host}.crt", directory / f"{host}.key"
        self._certificate.write_text(ssl.DER_cert_to_PEM_cert(whole))
        self._key.write_text(key.export_key(format="PEM"))

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._certificate, self._key)
        return context

    def client_context(self) -> ssl.SSLContext:
        """Trusts this certificate and no other."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self._certificate)
        return context


def _certificate_body(key: ECC.EccKey, host: str) -> bytes:
    now, day = datetime.now(UTC), timedelta(days=1)
    common_name = _tagged(_SEQUENCE, _identifier("2.5.4.3"), _tagged(_UTF8, host.encode()))
    name = _tagged(_SEQUENCE, _tagged(_SET, common_name))
    host_names = _tagged(_OCTETS, _tagged(_SEQUENCE, _tagged(_DNS_NAME, host.encode())))
    return _tagged(
        _SEQUENCE,
        _tagged(_VERSION, DerInteger(2).encode()),
        DerInteger(1).encode(),
        _algorithm(),
        name,
        _tagged(_SEQUENCE, _time(now - day), _time(now + day)),
        name,
        key.public_key().export_key(format="DER"),
        _tagged(_EXTENSIONS, _tagged(_SEQUENCE, _tagged(_SEQUENCE, _identifier("2.5.29.17"), host_names))),
    )


def _algorithm() -> bytes:
    """ECDSA with SHA-256."""
    return _tagged(_SEQUENCE, _identifier("1.2.840.10045.4.3.2"))


def _identifier(dotted: str) -> bytes:
    return DerObjectId(dotted).encode()


def _time(moment: datetime) -> bytes:
    return _tagged(_UTC_TIME, moment.strftime("%y%m%d%H%M%SZ").encode())


def _tagged(tag: int, *parts: bytes) -> bytes:
    """DER: what it is, how long it is, what is in it."""
    content = b"".join(parts)
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x82]) + size.to_bytes(2, "big")
    return bytes([tag]) + length + content
