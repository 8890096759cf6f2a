import pytest

from auth.domain.common_passwords import COMMON, fold, is_common
from auth.domain.passwords import MIN_PASSWORD_LENGTH, hash_password, is_outdated


def test_the_list_is_large_folded_and_without_what_is_too_short_anyway() -> None:
    assert len(COMMON) > 10_000
    assert {fold(password) for password in COMMON} == COMMON
    assert min(map(len, COMMON)) == MIN_PASSWORD_LENGTH


@pytest.mark.parametrize("password", ["password1", "PASSWORD1", "ｐａｓｓｗｏｒｄ１", "paſſword1", "123456789"])
def test_a_common_password_is_found_however_it_is_written(password: str) -> None:
    assert is_common(password)


@pytest.mark.parametrize("password", ["", "password1 and more", "correct horse battery", "пароль пароль", "\ud800"])
def test_other_passwords_are_not(password: str) -> None:
    assert not is_common(password)


def test_only_a_hash_of_other_parameters_is_outdated() -> None:
    salt_and_tag = "c29tZXNhbHRzb21lc2FsdA$" + "A" * 43
    assert not is_outdated(hash_password("correct horse battery"))
    assert is_outdated(f"$argon2id$v=19$m=19456,t=1,p=1${salt_and_tag}")
    assert is_outdated(f"$argon2i$v=19$m=19456,t=2,p=1${salt_and_tag}")
