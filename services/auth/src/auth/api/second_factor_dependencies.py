"""What the routes of the second factor are given."""

from dataclasses import dataclass

from auth.usecases.second_factor.enrolment import Enrolment
from auth.usecases.second_factor.own_factors import OwnFactors
from auth.usecases.second_factor.second_step import SecondStep
from auth.usecases.second_factor.step_up import StepUp


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactorCases:
    """The use cases of the second factor."""

    second_step: SecondStep
    step_up: StepUp
    enrolment: Enrolment
    own_factors: OwnFactors
