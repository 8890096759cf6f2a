"""``python -m auth audit verify | head``: whether the audit is as it was written."""

import argparse
from dataclasses import dataclass

from auth.domain.audit_chain import Fault
from auth.usecases.verify_audit import Verification, VerifyAudit
from chassis.operations.printing import Output, duration

_HASH_BYTES = 32
WRONG = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditCommand:
    """What the command line asks for."""

    name: str
    as_json: bool
    expected: bytes | None = None


def read_arguments(arguments: list[str]) -> AuditCommand:
    """Read the command line; ends the process with a message and status 2 where it is wrong."""
    parser = argparse.ArgumentParser(prog="python -m auth audit", description="Check the chain of audit entries.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, dest="name")
    verify = commands.add_parser("verify", help="check every entry; status 1 names the first that is wrong")
    verify.add_argument(
        "--expect",
        type=_hash,
        metavar="HASH",
        help="what `head` printed once: the chain has to hold it, so that a missing end is found",
    )
    head = commands.add_parser("head", help="print the last entry's hash, to be kept elsewhere")
    for command in (verify, head):
        command.add_argument("--json", action="store_true", help="one JSON document")
    options = parser.parse_args(arguments)
    return AuditCommand(name=options.name, as_json=options.json, expected=getattr(options, "expect", None))


def _hash(text: str) -> bytes:
    try:
        value = bytes.fromhex(text)
    except ValueError:
        value = b""
    if len(value) != _HASH_BYTES:
        raise argparse.ArgumentTypeError("a hash has 64 hexadecimal digits")
    return value


async def run_audit(use_case: VerifyAudit, command: AuditCommand) -> int:
    """Run a command; returns the process's status. Errors as `VerifyAudit.execute`."""
    out = Output(as_json=command.as_json)
    if command.name == "head":
        head = await use_case.head()
        if command.as_json:
            out.document({"position": head.position, "hash": head.hash.hex()})
        else:
            out.line(head.hash.hex())
        return 0
    found = await use_case.execute(expected=command.expected)
    wrong = _what_is_wrong(found)
    _print(out, found, wrong)
    return WRONG if wrong else 0


def _what_is_wrong(found: Verification) -> list[str]:
    wrong = [] if found.fault is None else [_sentence(found.fault)]
    if found.holds_expected is False and found.fault is None:
        wrong.append(
            f"The chain does not hold the expected hash: after entry {found.head.position} its end is missing,"
            " or all of it was written anew."
        )
    return wrong


def _sentence(fault: Fault) -> str:
    which = "" if fault.entry_id is None else f" (id {fault.entry_id})"
    return f"Entry {fault.position}{which} {fault.what}."


def _print(out: Output, found: Verification, wrong: list[str]) -> None:
    expected = {None: "not asked", True: "there", False: "not there"}[found.holds_expected]
    row = {
        "result": "wrong" if wrong else "right",
        "right_entries": found.head.position,
        "last_right_hash": found.head.hash.hex(),
        "expected_hash": expected,
        "erased": found.erased,
        "longest_until_sealed": duration(found.longest_unsealed_seconds),
        "not_sealed_yet": found.waiting.entries,
        "wrong": wrong[0] if wrong else None,
    }
    if out.as_json:
        out.document(row)
        return
    out.rows(
        "Audit",
        [{"what": name.replace("_", " "), "found": value} for name, value in row.items() if name != "wrong"],
        shown=["what", "found"],
        empty="",
    )
    for sentence in wrong:
        out.say(sentence)
    if found.waiting.entries:
        oldest = duration(found.waiting.oldest_seconds)
        out.say(f"The oldest entry that is not sealed is {oldest} old; more than seconds: is the relay at work?")
