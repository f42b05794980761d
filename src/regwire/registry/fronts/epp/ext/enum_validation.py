"""e164val-1.0: validations of numbers in creates, renewals, transfers, updates and infos (RFC 5076)."""

from __future__ import annotations

from typing import Any, Final

from regwire.epp.ext import enum_validation as v
from regwire.epp.ext import enum_validation_content as content
from regwire.epp.messages.core import Command
from regwire.registry.fronts.epp.ext import FrontExtension
from regwire.registry.model import codes
from regwire.registry.model.outcomes import Refusal
from regwire.registry.model.validation import ChangeValidations, Validation, ValidationInfo

__all__ = ["FRONT"]


def _change(element: Any, _: Command) -> ChangeValidations:
    return ChangeValidations(
        tuple([_read(item) for item in element.add]),
        tuple([_read(item) for item in getattr(element, "chg", ())]),
        tuple([item.id for item in getattr(element, "rem", ())]),
    )


def _read(item: v.ValidationAdd | v.ValidationChange) -> Validation:
    given = item.validation_info.object
    if not isinstance(given, content.SimpleValidation):
        # Whether it holds, and until when, could not be told.
        raise Refusal(codes.POLICY, "validations are simpleVal here", "e164val:add", item.id)
    return Validation(
        item.id,
        given.method_id,
        given.execution_date,
        given.expiration_date,
        given.validation_entity_id,
        given.registrar_id,
    )


def _told(info: ValidationInfo) -> v.ValidationInfoData:
    return v.ValidationInfoData(tuple([_item(one) for one in info.validations]))


def _item(one: Validation) -> v.ValidationItem:
    told = content.SimpleValidation(one.method, one.entity, one.registrar, one.executed, one.expires)
    return v.ValidationItem(one.id, v.ValidationInfo(told))


FRONT: Final = FrontExtension(
    name="enum_validation",
    feature="enum_validation",
    greeting={"enum-validation": v.NAMESPACE},
    content=(content.NAMESPACE,),
    commands={
        v.ValidationCreate: _change,
        v.ValidationRenew: _change,
        v.ValidationTransfer: _change,
        v.ValidationUpdate: _change,
    },
    replies={ValidationInfo: _told},
)
