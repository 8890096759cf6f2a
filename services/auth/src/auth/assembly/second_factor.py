"""The use cases of the second factor."""

from auth.api.second_factor_dependencies import SecondFactorCases
from auth.assembly.parts import Parts
from auth.config import ServeSettings
from auth.domain.second_factor.relying_party import RelyingParty
from auth.domain.second_factor.secret_box import SecretBox
from auth.storage.second_factor.challenges import Challenges
from auth.usecases.entrance import Entrance
from auth.usecases.present_password import PresentPassword
from auth.usecases.second_factor.enrolment import Enrolment
from auth.usecases.second_factor.factor_change import FactorChange
from auth.usecases.second_factor.own_factors import OwnFactors
from auth.usecases.second_factor.proof_check import ProofCheck
from auth.usecases.second_factor.second_step import SecondStep
from auth.usecases.second_factor.step_up import StepUp


def build_second_factor(
    settings: ServeSettings, parts: Parts, *, entrance: Entrance, present_password: PresentPassword
) -> SecondFactorCases:
    """Build them."""
    database, sessions = parts.database, parts.sessions
    box = SecretBox(settings.second_factor_key_file.read_text())
    relying_party = RelyingParty(origin=settings.public_origin, rp_id=settings.webauthn_rp_id)
    challenges = Challenges(redis=parts.redis)
    proofs = ProofCheck(box=box, relying_party=relying_party, limiter=parts.limiter, clock=parts.clock)
    change = FactorChange(sessions=sessions)
    return SecondFactorCases(
        second_step=SecondStep(
            database=database, challenges=challenges, relying_party=relying_party, proofs=proofs, entrance=entrance
        ),
        step_up=StepUp(
            database=database,
            sessions=sessions,
            present_password=present_password,
            proofs=proofs,
            challenges=challenges,
            relying_party=relying_party,
        ),
        enrolment=Enrolment(
            database=database,
            sessions=sessions,
            box=box,
            proofs=proofs,
            challenges=challenges,
            relying_party=relying_party,
            change=change,
        ),
        own_factors=OwnFactors(database=database, sessions=sessions, change=change),
    )
