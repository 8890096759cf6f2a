"""What Kafka is given for its first start."""

import re

from platform_local.servers.kafka import new_cluster_id


def test_cluster_ids_are_of_kafkas_form_and_never_look_like_an_option() -> None:
    made = {new_cluster_id() for _ in range(2_000)}  # a 64th of unchosen ones would begin with a dash
    assert len(made) == 2_000
    assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]{21}", one) for one in made)
