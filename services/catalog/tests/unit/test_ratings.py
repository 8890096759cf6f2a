import random

from catalog.domain.ratings import Ratings, average_rating

NONE = Ratings((0, 0, 0, 0, 0))


def test_no_reviews_have_no_average() -> None:
    assert (NONE.count, NONE.sum, average_rating(rating_sum=0, rating_count=0)) == (0, 0, 0.0)


def test_a_new_a_changed_and_a_removed_review_move_the_figures() -> None:
    one = NONE.replaced(before=None, after=5)
    changed = one.replaced(before=5, after=2)
    assert (one.histogram, changed.histogram) == ((0, 0, 0, 0, 1), (0, 1, 0, 0, 0))
    assert changed.replaced(before=2, after=None) == NONE


def test_any_course_of_reviews_ends_in_the_figures_of_those_that_are_left() -> None:
    order = random.Random(3)
    stars: dict[int, int] = {}
    ratings = NONE
    for _ in range(500):
        user = order.randrange(40)
        before = stars.get(user)
        after = order.choice([1, 2, 3, 4, 5, None]) if before else order.randint(1, 5)
        ratings = ratings.replaced(before=before, after=after)
        if after is None:
            del stars[user]
        else:
            stars[user] = after
    assert (ratings.count, ratings.sum) == (len(stars), sum(stars.values()))


def test_the_sum_can_be_had_back_from_average_and_count() -> None:
    for count in range(1, 2_000, 7):
        total = count * 3 + count // 3
        assert round(average_rating(rating_sum=total, rating_count=count) * count) == total
