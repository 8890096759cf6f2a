import pytest

from contracts.manifest import check_settings
from contracts.schema_check import violations_of
from contracts.settings_schema import check_settings_schema
from contracts.slugs import is_plugin_id
from contracts.versions import sort_key
from demo.catalogue import catalogue
from demo.families import FAMILIES
from demo.package_metadata import slug_of


def test_there_is_enough_to_publish_approve_and_reject() -> None:
    entries = catalogue()

    assert len(entries) >= 60
    assert sum(len(entry.approved_versions) >= 2 for entry in entries) >= 45
    assert sum(len(entry.approved_versions) for entry in entries) >= 110
    assert sum(len(entry.rejections) for entry in entries) >= 6


def test_every_name_makes_a_plugin_id_of_its_own() -> None:
    slugs = [slug_of(entry.name) for entry in catalogue()]

    assert len(set(slugs)) == len(slugs)
    assert [slug for slug in slugs if not is_plugin_id(slug)] == []


def test_versions_are_in_the_order_of_their_precedence() -> None:
    for entry in catalogue():
        assert list(entry.versions) == sorted(entry.versions, key=sort_key), entry.name


def test_only_versions_that_are_published_are_rejected() -> None:
    for entry in catalogue():
        assert set(entry.rejections) <= set(entry.versions), entry.name


def test_the_beginning_of_the_catalogue_has_every_category() -> None:
    assert len({entry.category for entry in catalogue()[:10]}) == 10


def test_every_family_that_is_used_is_known() -> None:
    assert {entry.family for entry in catalogue()} == set(FAMILIES)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_familys_examples_are_what_they_say(name: str) -> None:
    family = FAMILIES[name]
    manifest = {"settings_schema": family.settings_schema}

    assert check_settings_schema(family.settings_schema) == []
    assert check_settings(manifest, dict(family.valid)) == []
    assert [fault.pointer for fault in violations_of(family.settings_schema, dict(family.invalid))] == [
        family.invalid_pointer
    ]
